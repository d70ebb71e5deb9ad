import type { FormAction } from "@/components/shell/form-state";
import page from "@/components/shell/page.module.css";
import { PageDialog } from "@/components/shell/page-dialog";
import type { RunView } from "@/lib/core/view";

type Props = {
  readonly connectorId: string;
  readonly run: RunView;
  readonly cancel: FormAction;
};

export function CancelDialog({ connectorId, run, cancel }: Props) {
  return (
    <PageDialog
      title="Cancel this run?"
      closeTo={`/data-connectors/${connectorId}?run=${run.id}`}
      action={cancel}
      confirm="Cancel run"
      keep="Keep the run"
    >
      <p className={page.prose}>
        {run.state === "importing" ? "" : "Reading from TeleMessage stops. "}
        What waits is not imported: it ends as failed, stays in the list of items, and can be
        retried. What is being written this moment ends first. What was imported stays in the
        mailboxes.
      </p>
      <input type="hidden" name="connectorId" value={connectorId} />
      <input type="hidden" name="runId" value={run.id} />
    </PageDialog>
  );
}
