import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { guardedPage } from "@/app/_server/session";
import { connectorTrail } from "@/components/connectors/connector-trail";
import { RunFilterForm } from "@/components/connectors/run-filter-form";
import { RunTable } from "@/components/connectors/run-history";
import { addressWith } from "@/components/shell/address";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import { portal } from "@/lib/wiring";
import { visibleConnector } from "@/app/_server/visible-connector";
import { readQuery } from "./query";

export const metadata: Metadata = { title: "All runs" };

type Props = {
  readonly params: Promise<{ readonly connectorId: string }>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

/** The whole history of a connector, newest first, page by page. */
export default guardedPage<Props>("viewConnectors", async ({ actor, params, searchParams }) => {
  const { connectors } = portal();
  const detail = await visibleConnector((await params).connectorId);
  if (!detail) notFound();
  const { after: key, ...filter } = readQuery(await searchParams);
  const { rows, next } = await connectors.runs(actor, detail.id, filter, key);
  const pageAt = (after: string | null) =>
    addressWith(`/data-connectors/${detail.id}/runs`, { ...filter, after });
  return (
    <div className={page.wide}>
      <Breadcrumbs trail={connectorTrail(detail)} here="All runs" />
      <h1 className={page.heading}>All runs</h1>
      <RunFilterForm
        key={`${filter.kind ?? ""} ${filter.state ?? ""}`}
        connectorId={detail.id}
        filter={filter}
      />
      <div className={tables.scroller}>
        <RunTable
          connectorId={detail.id}
          runs={rows}
          selectedRunId={null}
          empty="No run matches the filter."
        />
      </div>
      <nav className={page.buttons} aria-label="Pages of runs">
        {key === null ? null : <Link href={pageAt(null)}>Newest runs</Link>}
        {next === null ? null : <Link href={pageAt(next)}>Older runs</Link>}
      </nav>
    </div>
  );
});
