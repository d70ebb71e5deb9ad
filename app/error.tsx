"use client";

import { BrokenPage } from "@/components/shell/broken-page";
import lone from "@/components/shell/lone.module.css";

type Props = {
  readonly error: Error & { readonly digest?: string };
  readonly retry: () => void;
};

/** When not even the frame can be shown, most of all because the database is away. */
export default function ErrorPage({ error, retry }: Props) {
  return (
    <main id="main" className={lone.page}>
      <BrokenPage error={error} retry={retry} />
    </main>
  );
}
