import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { guardedPage } from "@/app/_server/session";
import { RunFilterForm } from "@/components/connectors/run-filter-form";
import { RunTable } from "@/components/connectors/run-history";
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
  const address = `/data-connectors/${detail.id}`;
  const pageAt = (after: string | null) => {
    const given = Object.entries({ ...filter, after }).flatMap(([name, value]) =>
      value === null ? [] : [[name, value]],
    );
    return given.length === 0 ? `${address}/runs` : `${address}/runs?${new URLSearchParams(given)}`;
  };
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
