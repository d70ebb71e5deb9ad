import { TextField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import { PageDialog } from "@/components/shell/page-dialog";
import type { ItemRow } from "@/lib/core/item-view";

type Props = {
  readonly connectorId: string;
  readonly item: ItemRow;
  /** The page without the dialog. */
  readonly closeTo: string;
  readonly dismiss: FormAction;
};

export function DismissDialog({ connectorId, item, closeTo, dismiss }: Props) {
  return (
    <PageDialog
      title="Dismiss this item?"
      closeTo={closeTo}
      action={dismiss}
      confirm="Dismiss"
      keep="Cancel"
    >
      <p className={page.prose}>
        Item <span className={page.mono}>{item.sourceItemId}</span>, sent{" "}
        <Instant at={item.messageAt} />, will not be imported. It still counts as failed. Its
        original is removed when the retention after the dismissal is over; until then a retry
        brings it back.
      </p>
      <input type="hidden" name="connectorId" value={connectorId} />
      <input type="hidden" name="deliveryId" value={item.deliveryId} />
      <TextField name="reason" label="Reason" maxLength={500} required />
    </PageDialog>
  );
}
