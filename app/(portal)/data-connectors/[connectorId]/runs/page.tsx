import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { guardedPage } from "@/app/_server/session";
import { RunTable } from "@/components/connectors/run-history";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import { portal } from "@/lib/wiring";
import { visibleConnector } from "@/app/_server/visible-connector";

export const metadata: Metadata = { title: "All runs" };

type Props = {
  readonly params: Promise<{ readonly connectorId: string }>;
  readonly searchParams: Promise<{ readonly after?: string | string[] }>;
};

/** The whole history of a connector, newest first, page by page. */
export default guardedPage<Props>("viewConnectors", async ({ actor, params, searchParams }) => {
  const { connectors } = portal();
  const detail = await visibleConnector((await params).connectorId);
  if (!detail) notFound();
  const { after } = await searchParams;
  const key = typeof after === "string" && /^[\x20-\x7e]{1,500}$/.test(after) ? after : null;
  const { rows, next } = await connectors.runs(actor, detail.id, { kind: null, state: null }, key);
  const address = `/data-connectors/${detail.id}`;
  return (
    <div className={page.wide}>
      <Breadcrumbs
        trail={[
          { label: "Data connectors", href: "/data-connectors?tab=connectors" },
          { label: detail.name, href: address },
        ]}
        here="All runs"
      />
      <h1 className={page.heading}>All runs</h1>
      <div className={tables.scroller}>
        <RunTable connectorId={detail.id} runs={rows} selectedRunId={null} />
      </div>
      <nav className={page.buttons} aria-label="Pages of runs">
        {key === null ? null : <Link href={`${address}/runs`}>Newest runs</Link>}
        {next === null ? null : (
          <Link href={`${address}/runs?after=${encodeURIComponent(next)}`}>Older runs</Link>
        )}
      </nav>
    </div>
  );
});
