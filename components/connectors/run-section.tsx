import { ArrowDownload20Regular } from "@fluentui/react-icons/svg/arrow-download";
import { ArrowRepeatAll20Regular } from "@fluentui/react-icons/svg/arrow-repeat-all";
import { ActionForm } from "@/components/shell/action-form";
import { DownloadButton, SubmitButton } from "@/components/shell/buttons";
import type { FormAction } from "@/components/shell/form-state";
import { Instant } from "@/components/shell/instant";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { ItemRow, PageOf, RunView } from "@/lib/core/view";
import type { ItemFilter } from "./item-filter";
import { ItemList } from "./item-list";
import { runKinds } from "./words";

type Props = {
  readonly connectorId: string;
  readonly run: RunView;
  /** null for somebody who may not see items. */
  readonly items: PageOf<ItemRow> | null;
  readonly filter: ItemFilter;
  /** null for somebody who may not. */
  readonly retry: FormAction | null;
  readonly mayDownloadLog: boolean;
};

/** One run: its window, what it can be asked to do, its items. */
export function RunSection({ connectorId, run, items, filter, retry, mayDownloadLog }: Props) {
  const { counters } = run;
  const canRetry = counters.failed + counters.partiallyImported > 0;
  return (
    <section className={page.wide} aria-labelledby="run">
      <h2 id="run" className={page.subheading}>
        {runKinds[run.kind]} of <Instant at={run.windowEnd} />
      </h2>
      <p className={page.quiet}>
        Archived by TeleMessage from <Instant at={run.windowStart} /> to{" "}
        <Instant at={run.windowEnd} />
        {run.mappingVersion === null ? "" : `, mapping file version ${run.mappingVersion}`}
        {run.alreadyRecorded > 0 ? `, ${run.alreadyRecorded} recorded by an earlier run` : ""}.
      </p>
      {run.reason === null ? null : <Notice kind="warning">{run.reason}</Notice>}
      <div className={page.buttons}>
        {retry && canRetry ? (
          <ActionForm action={retry} className={page.buttons}>
            <input type="hidden" name="connectorId" value={connectorId} />
            <input type="hidden" name="runId" value={run.id} />
            <SubmitButton icon={<ArrowRepeatAll20Regular />}>Retry</SubmitButton>
          </ActionForm>
        ) : null}
        {mayDownloadLog ? (
          <DownloadButton
            from={`/data-connectors/${connectorId}/runs/${run.id}/log`}
            icon={<ArrowDownload20Regular />}
          >
            Download log
          </DownloadButton>
        ) : null}
      </div>
      {items ? (
        <ItemList connectorId={connectorId} runId={run.id} items={items} filter={filter} />
      ) : null}
    </section>
  );
}
