"use client";

import { ArrowRepeatAll20Regular } from "@fluentui/react-icons/svg/arrow-repeat-all";
import { SubmitButton } from "@/components/shell/buttons";
import { type Column, DataTable } from "@/components/shell/data-table";
import { formatCount } from "@/components/shell/format";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import type { NotImportedRow, NotImportedView } from "@/lib/core/item-view";
import { StatusWord } from "./status-word";
import { outcomes } from "./words";

type Props = {
  readonly view: NotImportedView;
  /** Inside a form that retries what a button names. */
  readonly mayRetry: boolean;
  readonly heading: "h2" | "h3";
};

type MailboxRow = NotImportedView["byMailbox"][number];

/** What did not reach a mailbox whole, by reason and by mailbox, with a button for each. */
export function NotImported({ view, mayRetry, heading: Heading }: Props) {
  const { byReason, byMailbox, hasMoreMailboxes } = view;
  return (
    <>
      <Heading className={page.subheading}>Not imported, by reason</Heading>
      <div className={tables.scroller}>
        <DataTable
          label="Not imported, by reason"
          columns={[...reasonColumns, ...(mayRetry ? [retryColumn(wordsOfReason)] : [])]}
          rows={byReason}
          keyOf={({ outcome, code }) => `${outcome} ${code}`}
          empty="Everything was imported."
        />
      </div>
      {byMailbox.length === 0 ? null : (
        <>
          <Heading className={page.subheading}>Not imported, by mailbox</Heading>
          <div className={tables.scroller}>
            <DataTable
              label="Not imported, by mailbox"
              columns={[...mailboxColumns, ...(mayRetry ? [retryColumn(wordsOfMailbox)] : [])]}
              rows={byMailbox}
              keyOf={({ mailboxId, outcome, code }) => `${mailboxId} ${outcome} ${code}`}
              empty=""
            />
          </div>
          {hasMoreMailboxes ? (
            <p className={page.quiet}>
              More mailboxes have items that were not imported; these have the most.
            </p>
          ) : null}
        </>
      )}
    </>
  );
}

const reason: Column<NotImportedRow> = {
  name: "Reason",
  cell: ({ reason: words, code }) => (
    <div>
      {words}
      <div className={page.quiet}>{code}</div>
    </div>
  ),
};

const outcome: Column<NotImportedRow> = {
  name: "Outcome",
  cell: (row) => {
    const { word, tone } = outcomes[row.outcome];
    return <StatusWord tone={tone}>{word}</StatusWord>;
  },
};

const count: Column<NotImportedRow> = {
  name: "Items",
  className: tables.number,
  cell: (row) => formatCount(row.count),
};

const reasonColumns: readonly Column<NotImportedRow>[] = [
  { ...reason, isRowHeader: true, className: tables.plain },
  outcome,
  count,
];

const mailboxColumns: readonly Column<MailboxRow>[] = [
  { name: "Mailbox", isRowHeader: true, cell: ({ address }) => address },
  reason,
  outcome,
  count,
];

function wordsOfReason({ code }: NotImportedRow): string {
  return `Retry ${code}`;
}

function wordsOfMailbox({ code, address }: MailboxRow): string {
  return `Retry ${code} of ${address}`;
}

function retryColumn<Row extends NotImportedRow & { readonly mailboxId?: string }>(
  label: (row: Row) => string,
): Column<Row> {
  return {
    name: "Retry",
    isQuiet: true,
    className: tables.number,
    cell: (row) =>
      row.retryable === 0 ? (
        <span className={page.quiet}>Cannot be retried</span>
      ) : (
        <SubmitButton
          size="small"
          icon={<ArrowRepeatAll20Regular />}
          label={label(row)}
          name="of"
          value={`${row.code} ${row.mailboxId ?? ""}`}
        >
          Retry
        </SubmitButton>
      ),
  };
}
