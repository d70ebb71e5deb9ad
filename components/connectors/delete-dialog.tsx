import { TextField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import page from "@/components/shell/page.module.css";
import { PageDialog } from "@/components/shell/page-dialog";

type Props = {
  readonly connectorId: string;
  readonly name: string;
  readonly remove: FormAction;
};

export function DeleteDialog({ connectorId, name, remove }: Props) {
  return (
    <PageDialog
      title="Delete this connector?"
      closeTo={`/data-connectors/${connectorId}`}
      action={remove}
      confirm="Delete"
      keep="Cancel"
    >
      <p className={page.prose}>
        Its runs end and its TeleMessage password is destroyed at once. What was imported stays in
        the mailboxes; history and audit are kept.
      </p>
      <input type="hidden" name="connectorId" value={connectorId} />
      <TextField name="name" label="Connector name" hint={`Type "${name}"`} required />
    </PageDialog>
  );
}
