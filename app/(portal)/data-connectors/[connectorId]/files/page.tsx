import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { guardedPage } from "@/app/_server/session";
import { visibleConnector } from "@/app/_server/visible-connector";
import { connectorTrail } from "@/components/connectors/connector-trail";
import { DeliveredFileTable } from "@/components/connectors/delivered-files";
import { FileFilterForm } from "@/components/connectors/file-filter-form";
import { addressWith } from "@/components/shell/address";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import page from "@/components/shell/page.module.css";
import { portal } from "@/lib/wiring";
import { readQuery } from "./query";

export const metadata: Metadata = { title: "All delivered files" };

type Props = {
  readonly params: Promise<{ readonly connectorId: string }>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

/** Every file of a delivery that was ever seen, newest first, page by page. */
export default guardedPage<Props>("viewConnectors", async ({ actor, params, searchParams }) => {
  const { connectors } = portal();
  const detail = await visibleConnector((await params).connectorId);
  if (!detail?.sftp) notFound();
  const { show, after } = readQuery(await searchParams);
  const { rows, next } = await connectors.deliveredFiles(actor, detail.id, show, after);
  const pageAt = (key: string | null) =>
    addressWith(`/data-connectors/${detail.id}/files`, { show, after: key });
  return (
    <div className={page.wide}>
      <Breadcrumbs trail={connectorTrail(detail)} here="All delivered files" />
      <h1 className={page.heading}>All delivered files</h1>
      <FileFilterForm key={show} connectorId={detail.id} show={show} />
      <DeliveredFileTable files={rows} empty="No file matches the filter." />
      <nav className={page.buttons} aria-label="Pages of files">
        {after === null ? null : <Link href={pageAt(null)}>Newest files</Link>}
        {next === null ? null : <Link href={pageAt(next)}>Older files</Link>}
      </nav>
    </div>
  );
});
