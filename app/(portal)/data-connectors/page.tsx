import type { Metadata } from "next";
import { guardedPage } from "@/app/_server/session";
import { Catalogue } from "@/components/connectors/catalogue";
import { ConnectorsTable } from "@/components/connectors/connectors-table";
import { EmptyConnectors } from "@/components/connectors/empty-connectors";
import { FlashNotice } from "@/components/shell/flash-notice";
import page from "@/components/shell/page.module.css";
import { Tabs } from "@/components/shell/tabs";
import { mayDo } from "@/lib/core/access";
import { readFlash } from "@/app/_server/flash";
import { portal } from "@/lib/wiring";

export const metadata: Metadata = { title: "Data connectors" };

type Props = { readonly searchParams: Promise<{ readonly tab?: string | string[] }> };

const tabs = [
  { id: "overview", label: "Overview", href: "/data-connectors" },
  { id: "connectors", label: "Connectors", href: "/data-connectors?tab=connectors" },
];

export default guardedPage<Props>("viewConnectors", async ({ actor, searchParams }) => {
  const selected = (await searchParams).tab === "connectors" ? "connectors" : "overview";
  const rows = selected === "connectors" ? await portal().connectors.list(actor) : [];
  return (
    <div className={page.wide}>
      <h1 className={page.heading}>Data connectors</h1>
      <FlashNotice flash={await readFlash()} />
      <Tabs label="Data connectors" tabs={tabs} selected={selected} />
      <div
        role="tabpanel"
        id={`panel-${selected}`}
        aria-labelledby={`tab-${selected}`}
        className={page.wide}
      >
        {selected === "overview" ? (
          <Catalogue />
        ) : rows.length > 0 ? (
          <ConnectorsTable rows={rows} />
        ) : (
          <EmptyConnectors mayManage={mayDo(actor, "manageConnectors")} />
        )}
      </div>
    </div>
  );
});
