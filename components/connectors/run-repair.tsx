"use client";

import { ArrowDownload20Regular } from "@fluentui/react-icons/svg/arrow-download";
import { ArrowRepeatAll20Regular } from "@fluentui/react-icons/svg/arrow-repeat-all";
import { DismissCircle20Regular } from "@fluentui/react-icons/svg/dismiss-circle";
import { useState } from "react";
import { ActionForm } from "@/components/shell/action-form";
import { DoneNotice } from "@/components/shell/done-notice";
import { DownloadButton, GoButton, SubmitButton } from "@/components/shell/buttons";
import { type FormAction, messageOf } from "@/components/shell/form-state";
import page from "@/components/shell/page.module.css";
import type { NotImportedView } from "@/lib/core/item-view";
import type { RunView } from "@/lib/core/view";
import { NotImported } from "./not-imported";

type Props = {
  readonly connectorId: string;
  readonly run: RunView;
  /** null for somebody who may not see items. */
  readonly notImported: NotImportedView | null;
  /** null for somebody who may not. */
  readonly retry: FormAction | null;
  readonly mayDownloadLog: boolean;
};

/**
 * What a run can be asked to do, and what of it was not imported. The forms stay when there is nothing
 * left to ask for: one that is taken away with its last button never hears its answer.
 */
export function RunRepair({ connectorId, run, notImported, retry, mayDownloadLog }: Props) {
  const [done, setDone] = useState<string | null>(null);
  const canRetry = run.counters.failed + run.counters.partiallyImported > 0;
  const address = `/data-connectors/${connectorId}`;
  const target = (
    <>
      <input type="hidden" name="connectorId" value={connectorId} />
      <input type="hidden" name="runId" value={run.id} />
    </>
  );
  const tables =
    notImported === null || notImported.byReason.length === 0 ? null : (
      <NotImported view={notImported} mayRetry={retry !== null} heading="h3" />
    );
  const tell = (state: Parameters<typeof messageOf>[0]) => setDone(messageOf(state));
  return (
    <>
      <div className={page.buttons}>
        {retry ? (
          <ActionForm action={retry} className={page.buttons} onAnswer={tell}>
            {target}
            {canRetry ? (
              <SubmitButton icon={<ArrowRepeatAll20Regular />}>Retry</SubmitButton>
            ) : null}
          </ActionForm>
        ) : null}
        {retry && run.isCancellable ? (
          <GoButton to={`${address}?run=${run.id}&dialog=cancel`} icon={<DismissCircle20Regular />}>
            Cancel run
          </GoButton>
        ) : null}
        {mayDownloadLog ? (
          <DownloadButton from={`${address}/runs/${run.id}/log`} icon={<ArrowDownload20Regular />}>
            Download log
          </DownloadButton>
        ) : null}
      </div>
      <DoneNotice message={done} />
      {retry === null ? (
        tables
      ) : (
        <ActionForm action={retry} className={page.wide} onAnswer={tell}>
          {target}
          {tables}
        </ActionForm>
      )}
    </>
  );
}
