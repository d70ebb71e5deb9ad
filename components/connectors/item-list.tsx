import Link from "next/link";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import type { ItemRow, PageOf } from "@/lib/core/view";
import type { ItemFilter } from "./item-filter";
import { ItemFilterForm } from "./item-filter-form";
import styles from "./item-list.module.css";
import { StatusWord } from "./status-word";
import { outcomes } from "./words";

type Props = {
  readonly connectorId: string;
  readonly runId: string;
  readonly items: PageOf<ItemRow>;
  readonly filter: ItemFilter;
};

/** The items of a run: metadata only. What people wrote stays in staging and in mailboxes. */
export function ItemList({ connectorId, runId, items, filter }: Props) {
  const address = (after: string | null) => {
    const query = new URLSearchParams({ run: runId });
    if (filter.outcome) query.set("outcome", filter.outcome);
    if (filter.search) query.set("search", filter.search);
    if (after) query.set("after", after);
    return `/data-connectors/${connectorId}?${query}`;
  };
  return (
    <>
      <ItemFilterForm
        key={`${filter.outcome ?? ""} ${filter.search ?? ""}`}
        connectorId={connectorId}
        runId={runId}
        filter={filter}
      />
      <div className={tables.scroller}>
        <ItemTable rows={items.rows} isFiltered={Boolean(filter.outcome || filter.search)} />
      </div>
      <nav className={page.buttons} aria-label="Pages of items">
        {filter.after ? <Link href={address(null)}>First page</Link> : null}
        {items.next ? <Link href={address(items.next)}>Next page</Link> : null}
      </nav>
    </>
  );
}

/** Only an item that was edited says so. */
const firstRevisions = ["", "0", "1"];

const columns = [
  "Item",
  "Kind",
  "Sent",
  "Source user",
  "Microsoft 365 user",
  "Outcome",
  "Reason",
  "Completed",
];

function ItemTable({
  rows,
  isFiltered,
}: {
  readonly rows: readonly ItemRow[];
  readonly isFiltered: boolean;
}) {
  if (rows.length === 0) {
    return (
      <p className={tables.empty}>
        {isFiltered ? "No item matches the filter." : "No items in this run."}
      </p>
    );
  }
  return (
    <table className={`${tables.table} ${styles.items}`} aria-label="Items">
      <thead>
        <tr>
          {columns.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <ItemLine key={row.deliveryId} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function ItemLine({ row }: { readonly row: ItemRow }) {
  const { word, tone } = outcomes[row.outcome];
  return (
    <tr>
      <th scope="row" className={page.mono}>
        <span>
          {row.sourceItemId}
          {firstRevisions.includes(row.revision) ? "" : ` (revision ${row.revision})`}
        </span>
      </th>
      <td data-label="Kind">{row.kind}</td>
      <td data-label="Sent">
        <Instant at={row.messageAt} />
      </td>
      <td data-label="Source user">{row.owner ?? ""}</td>
      <td data-label="Microsoft 365 user">{row.mailbox ?? ""}</td>
      <td data-label="Outcome">
        <StatusWord tone={tone}>{word}</StatusWord>
      </td>
      <td data-label="Reason">{row.reason ?? ""}</td>
      <td data-label="Completed">{row.completedAt ? <Instant at={row.completedAt} /> : ""}</td>
    </tr>
  );
}
