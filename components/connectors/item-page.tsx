"use client";

import { ArrowDownload20Regular } from "@fluentui/react-icons/svg/arrow-download";
import Link from "next/link";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import { type Column, DataTable } from "@/components/shell/data-table";
import { formatBytes } from "@/components/shell/format";
import type { FormAction } from "@/components/shell/form-state";
import { Instant } from "@/components/shell/instant";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import { TableScroller } from "@/components/shell/table-scroller";
import { originalKinds, type OriginalKind, type OriginalView } from "@/lib/core/item-view";
import { type ConnectorDetail } from "@/lib/core/view";
import { DownloadDialog, downloadTitles } from "./download-dialog";
import { ItemFacts } from "./item-facts";
import { StatusWord } from "./status-word";
import { outcomes } from "./words";

type Props = {
  readonly connector: Pick<ConnectorDetail, "id" | "name">;
  readonly item: OriginalView;
  /** null for somebody who may not, who reads why. */
  readonly download: FormAction | null;
  readonly whyNot: string | null;
  /** What somebody is about to download. */
  readonly asked: OriginalKind | null;
};

/** One item: what the ledger knows of it, and the way to what people wrote for those who may. */
export function ItemPage({ connector, item, download, whyNot, asked }: Props) {
  const isOpen = download !== null && asked !== null && item.hasOriginal;
  const here = `/data-connectors/${connector.id}/items/${item.itemId}`;
  return (
    <>
      <div className={page.wide} inert={isOpen} aria-hidden={isOpen || undefined}>
        <Breadcrumbs
          trail={[
            { label: "Data connectors", href: "/data-connectors?tab=connectors" },
            { label: connector.name, href: `/data-connectors/${connector.id}?run=${item.runId}` },
          ]}
          here="Item"
        />
        <h1 className={page.heading}>Item {item.sourceItemId}</h1>
        <ItemFacts item={item} />
        <section className={page.section} aria-labelledby="original">
          <h2 id="original" className={page.subheading}>
            Original
          </h2>
          <p className={page.lead}>
            <Kept item={item} />
          </p>
          {!item.hasOriginal ? null : download === null ? (
            <Notice kind="info">{whyNot}</Notice>
          ) : (
            <div className={page.buttons}>
              {originalKinds.map((what) => (
                <Link key={what} href={`${here}?download=${what}`} scroll={false}>
                  <ArrowDownload20Regular aria-hidden /> {downloadTitles[what]}
                </Link>
              ))}
            </div>
          )}
        </section>
        <h2 className={page.subheading}>Mailboxes</h2>
        <TableScroller label="Mailboxes, scrolls sideways">
          <DataTable
            label="Mailboxes"
            columns={deliveries}
            rows={item.deliveries}
            keyOf={({ deliveryId }) => deliveryId}
            empty="No mailbox."
          />
        </TableScroller>
        <h2 className={page.subheading}>Attachments</h2>
        <TableScroller label="Attachments, scrolls sideways">
          <DataTable
            label="Attachments"
            columns={attachments}
            rows={item.attachments}
            keyOf={({ position }) => String(position)}
            empty="This item has no attachments."
          />
        </TableScroller>
      </div>
      {isOpen ? (
        <DownloadDialog
          key={asked}
          connectorId={connector.id}
          itemId={item.itemId}
          what={asked}
          download={download}
        />
      ) : null}
    </>
  );
}

function Kept({ item }: { readonly item: OriginalView }) {
  const { hasOriginal, originalKeptUntil: until, originalRemovedAt: gone } = item;
  if (gone !== null) {
    return (
      <>
        The original was removed on <Instant at={gone} />, when its time was over. The message can
        no longer be composed; its digest stays.
      </>
    );
  }
  if (!hasOriginal) return <>Nothing of this item is staged.</>;
  if (until === null) return <>The original is kept at least until everything of it is imported.</>;
  return (
    <>
      The original is kept until <Instant at={until} />. Until then the message can be composed
      again and compared with its digest.
    </>
  );
}

const deliveries: readonly Column<OriginalView["deliveries"][number]>[] = [
  { name: "Microsoft 365 user", isRowHeader: true, cell: ({ mailbox }) => mailbox ?? "None found" },
  {
    name: "Outcome",
    cell: ({ outcome }) => (
      <StatusWord tone={outcomes[outcome].tone}>{outcomes[outcome].word}</StatusWord>
    ),
  },
  { name: "Reason", cell: ({ reason }) => reason },
  {
    name: "Completed",
    cell: ({ completedAt }) => (completedAt === null ? null : <Instant at={completedAt} />),
  },
];

const attachmentStates = {
  pending: { word: "Being fetched", tone: "busy" },
  staged: { word: "Fetched", tone: "good" },
  failed: { word: "Not fetched", tone: "bad" },
} as const;

/** By number: their names are content, and stand in the message. */
const attachments: readonly Column<OriginalView["attachments"][number]>[] = [
  { name: "Attachment", isRowHeader: true, cell: ({ position }) => `Attachment ${position + 1}` },
  {
    name: "State",
    cell: ({ state }) => (
      <StatusWord tone={attachmentStates[state].tone}>{attachmentStates[state].word}</StatusWord>
    ),
  },
  { name: "Size", cell: ({ sizeBytes }) => (sizeBytes === null ? null : formatBytes(sizeBytes)) },
  { name: "SHA-256", cell: ({ sha256 }) => <span className={page.mono}>{sha256}</span> },
  { name: "Reason", cell: ({ reason }) => reason },
];
