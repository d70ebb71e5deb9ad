"use client";

import { Checkbox } from "@fluentui/react-components";
import { ArrowRepeatAll20Regular } from "@fluentui/react-icons/svg/arrow-repeat-all";
import Link from "next/link";
import { useState } from "react";
import { ActionForm } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import { DoneNotice } from "@/components/shell/done-notice";
import { type Column, DataTable } from "@/components/shell/data-table";
import { counted } from "@/components/shell/format";
import { type FormAction, messageOf } from "@/components/shell/form-state";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import { TableScroller } from "@/components/shell/table-scroller";
import type { ItemRow } from "@/lib/core/item-view";
import styles from "./item-list.module.css";
import { StatusWord } from "./status-word";
import { outcomes } from "./words";

type Props = {
  readonly connectorId: string;
  readonly rows: readonly ItemRow[];
  readonly isFiltered: boolean;
  /** null for somebody who may not. */
  readonly retry: FormAction | null;
  /** The address of this page of items, where somebody may dismiss one; else null. */
  readonly dismissAt: string | null;
};

/** One page of items; those that can be tried again have a box and a button. */
export function ItemTable({ connectorId, rows, isFiltered, retry, dismissAt }: Props) {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [done, setDone] = useState<string | null>(null);
  const retryable = retry === null ? [] : rows.filter(({ isRetryable }) => isRetryable);
  const mayDismiss = dismissAt !== null && rows.some(({ isDismissible }) => isDismissible);
  const mayAct = retryable.length > 0 || mayDismiss;
  const selected = retryable.filter(({ deliveryId }) => ticked.has(deliveryId));
  const tick = (ids: readonly string[], isTicked: boolean) =>
    setTicked(new Set([...ticked].filter((id) => !ids.includes(id)).concat(isTicked ? ids : [])));

  const box: Column<ItemRow> = {
    name: "Selected",
    isQuiet: true,
    className: styles.box,
    cell: (row) =>
      row.isRetryable ? (
        <Checkbox
          name="selected"
          value={row.deliveryId}
          aria-label={`Select ${nameOf(row)}`}
          checked={ticked.has(row.deliveryId)}
          onChange={(_event, data) => tick([row.deliveryId], data.checked === true)}
        />
      ) : null,
  };
  const table = (
    <TableScroller label="Items, scrolls sideways">
      <DataTable
        label="Items"
        className={styles.items}
        columns={[
          ...(retryable.length === 0 ? [] : [box]),
          item(connectorId),
          ...items,
          ...(mayAct ? [acts(retry !== null, dismissAt)] : []),
          ...ends,
        ]}
        rows={rows}
        keyOf={({ deliveryId }) => deliveryId}
        empty={isFiltered ? "No item matches the filter." : "No items in this run."}
      />
    </TableScroller>
  );
  return (
    <>
      <DoneNotice message={done} />
      {retry === null ? (
        table
      ) : (
        <ActionForm
          action={retry}
          className={page.wide}
          onAnswer={(state) => {
            setDone(messageOf(state));
            if (state.result?.ok === true) setTicked(new Set());
          }}
        >
          <input type="hidden" name="connectorId" value={connectorId} />
          {/* Tells a form with nothing ticked from a form without boxes. */}
          <input type="hidden" name="selected" value="" />
          {retryable.length === 0 ? null : (
            <div className={page.buttons}>
              <Checkbox
                label={`Select all ${counted(retryable.length, "item")} that can be retried here`}
                checked={
                  selected.length === 0 ? false : selected.length === retryable.length || "mixed"
                }
                onChange={(_event, data) =>
                  tick(
                    retryable.map(({ deliveryId }) => deliveryId),
                    data.checked === true,
                  )
                }
              />
              <SubmitButton icon={<ArrowRepeatAll20Regular />}>Retry selected</SubmitButton>
            </div>
          )}
          {table}
        </ActionForm>
      )}
    </>
  );
}

function nameOf({ sourceItemId, mailbox }: ItemRow): string {
  return mailbox === null ? sourceItemId : `${sourceItemId} for ${mailbox}`;
}

/** Only an item that was edited says so. */
const firstRevisions = ["", "0", "1"];

function item(connectorId: string): Column<ItemRow> {
  return {
    name: "Item",
    isRowHeader: true,
    cell: ({ itemId, sourceItemId, revision }) => (
      <Link
        className={page.mono}
        href={`/data-connectors/${connectorId}/items/${itemId}`}
        title={sourceItemId}
      >
        {sourceItemId}
        {firstRevisions.includes(revision) ? "" : ` (revision ${revision})`}
      </Link>
    ),
  };
}

const items: readonly Column<ItemRow>[] = [
  { name: "Kind", cell: ({ kind }) => kind },
  { name: "Sent", cell: ({ messageAt }) => <Instant at={messageAt} /> },
  { name: "Source user", cell: ({ owner }) => owner },
  { name: "Microsoft 365 user", cell: ({ mailbox }) => mailbox },
  {
    name: "Outcome",
    cell: ({ outcome }) => (
      <StatusWord tone={outcomes[outcome].tone}>{outcomes[outcome].word}</StatusWord>
    ),
  },
];

const ends: readonly Column<ItemRow>[] = [
  {
    name: "Reason",
    className: styles.reason,
    cell: ({ reason, dismissReason }) =>
      dismissReason === null ? (
        reason
      ) : (
        <>
          {reason} <strong>Dismissed: {dismissReason}</strong>
        </>
      ),
  },
  {
    name: "Completed",
    cell: ({ completedAt, ...row }) => (
      <>
        {completedAt ? <Instant at={completedAt} /> : null}
        <Original {...row} />
      </>
    ),
  },
];

function Original({
  originalKeptUntil: until,
  originalRemovedAt: gone,
}: Pick<ItemRow, "originalKeptUntil" | "originalRemovedAt">) {
  if (gone === null && until === null) return null;
  return (
    <div className={page.quiet}>
      {gone === null ? "Original kept until" : "Original removed on"}{" "}
      <Instant at={gone ?? until ?? ""} />
    </div>
  );
}

/** Before the long columns, so that a page of usual width shows it. */
function acts(mayRetry: boolean, dismissAt: string | null): Column<ItemRow> {
  return {
    name: "Retry or dismiss",
    isQuiet: true,
    cell: (row) => {
      const isRetryable = mayRetry && row.isRetryable;
      const isDismissible = dismissAt !== null && row.isDismissible;
      if (!isRetryable && !isDismissible) return null;
      return (
        <div className={styles.acts}>
          {isRetryable ? (
            <SubmitButton
              size="small"
              label={`Retry ${nameOf(row)}`}
              name="only"
              value={row.deliveryId}
            >
              Retry
            </SubmitButton>
          ) : null}
          {isDismissible ? (
            <Link
              href={`${dismissAt}&dismiss=${row.deliveryId}`}
              scroll={false}
              aria-label={`Dismiss ${nameOf(row)}`}
            >
              Dismiss
            </Link>
          ) : null}
        </div>
      );
    },
  };
}
