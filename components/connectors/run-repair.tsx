"use client";

import { ArrowDownload20Regular } from "@fluentui/react-icons/svg/arrow-download";
import { ArrowRepeatAll20Regular } from "@fluentui/react-icons/svg/arrow-repeat-all";
import { DismissCircle20Regular } from "@fluentui/react-icons/svg/dismiss-circle";
import { useState } from "react";
import { ActionForm } from "@/components/shell/action-form";
import { DownloadButton, GoButton, SubmitButton } from "@/components/shell/buttons";
import { type FormAction, messageOf } from "@/components/shell/form-state";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { NotImportedView, RunView } from "@/lib/core/view";
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

/** What a run can be asked to do, and what of it was not imported. */
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
  const tell = (state: Parameters<typeof messageOf>[0]) => setDone(messageOf(state));
  return (
    <>
      <div className={page.buttons}>
        {retry && canRetry ? (
          <ActionForm action={retry} className={page.buttons} onAnswer={tell}>
            {target}
            <SubmitButton icon={<ArrowRepeatAll20Regular />}>Retry</SubmitButton>
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
      {done ? <Notice kind="success">{done}</Notice> : null}
      {notImported === null || notImported.byReason.length === 0 ? null : retry === null ? (
        <NotImported view={notImported} mayRetry={false} />
      ) : (
        <ActionForm action={retry} className={page.wide} onAnswer={tell}>
          {target}
          <NotImported view={notImported} mayRetry />
        </ActionForm>
      )}
    </>
  );
}
