import Link from "next/link";
import { addressWith } from "@/components/shell/address";
import type { FormAction } from "@/components/shell/form-state";
import page from "@/components/shell/page.module.css";
import type { ItemRow } from "@/lib/core/item-view";
import type { PageOf } from "@/lib/core/view";
import { DismissDialog } from "./dismiss-dialog";
import type { ItemFilter } from "./item-filter";
import { ItemFilterForm } from "./item-filter-form";
import { ItemTable } from "./item-table";

type Props = {
  readonly connectorId: string;
  readonly runId: string;
  readonly items: PageOf<ItemRow>;
  readonly filter: ItemFilter;
  /** null for somebody who may not. */
  readonly retry: FormAction | null;
  readonly dismiss: FormAction | null;
  /** The item whose dialog is open. */
  readonly dismissingId: string | null;
};

/** The items of a run: metadata only. What people wrote stays in staging and in mailboxes. */
export function ItemList({ connectorId, runId, items, filter, retry, ...props }: Props) {
  const { dismiss, dismissingId } = props;
  const { outcome, search } = filter;
  const address = (after: string | null) =>
    addressWith(`/data-connectors/${connectorId}`, { run: runId, outcome, search, after });
  const here = address(filter.after);
  const dismissing = items.rows.find(
    ({ deliveryId, isDismissible }) => deliveryId === dismissingId && isDismissible,
  );
  return (
    <>
      <h3 className={page.subheading}>Items</h3>
      <ItemFilterForm
        key={`${filter.outcome ?? ""} ${filter.search ?? ""}`}
        connectorId={connectorId}
        runId={runId}
        filter={filter}
      />
      <ItemTable
        key={runId}
        connectorId={connectorId}
        rows={items.rows}
        isFiltered={Boolean(filter.outcome || filter.search)}
        retry={retry}
        dismissAt={dismiss === null ? null : here}
      />
      <nav className={page.buttons} aria-label="Pages of items">
        {filter.after ? <Link href={address(null)}>First page</Link> : null}
        {items.next ? <Link href={address(items.next)}>Next page</Link> : null}
      </nav>
      {dismiss !== null && dismissing !== undefined ? (
        <DismissDialog
          key={dismissing.deliveryId}
          connectorId={connectorId}
          item={dismissing}
          closeTo={here}
          dismiss={dismiss}
        />
      ) : null}
    </>
  );
}
