import type { Metadata } from "next";
import { readFlash } from "@/app/_server/flash";
import { FlashNotice } from "@/components/shell/flash-notice";
import lone from "@/components/shell/lone.module.css";
import page from "@/components/shell/page.module.css";

export const metadata: Metadata = { title: "Admin consent" };

export default async function ConsentDone() {
  const flash = await readFlash();
  return (
    <main id="main" className={lone.page}>
      <div className={page.narrow}>
        <h1 className={page.heading}>Admin consent</h1>
        <FlashNotice flash={flash} />
        <p className={page.lead}>
          {flash?.ok === false
            ? "Nothing was changed. Whoever asked for consent sees it too and can ask again."
            : "You can close this page. Whoever asked for consent can go on."}
        </p>
      </div>
    </main>
  );
}
