"use client";

import { ActionForm } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import { TextField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import { Instant } from "@/components/shell/instant";
import { Notice } from "@/components/shell/notice";
import type { GapView } from "@/lib/core/view";
import styles from "./gap-notice.module.css";

type Props = {
  readonly gap: GapView;
  readonly connectorId: string;
  /** null for somebody who may only read. */
  readonly acknowledge: FormAction | null;
};

/** What could not be archived. It stays on the page until somebody puts their name to it. */
export function GapNotice({ gap, connectorId, acknowledge }: Props) {
  return (
    <Notice kind="problem" title={gap.fileName === null ? spanTitle : fileTitle}>
      {gap.fileName === null ? (
        <>
          Nothing could be archived from <Instant at={gap.start} /> to <Instant at={gap.end} />. Ask
          TeleMessage for a copy of that time if you must keep it.
        </>
      ) : (
        <>
          {gap.fileName}, zipped <Instant at={gap.start} />, was on the server and is there no
          longer. Nothing of it is archived. Ask whoever delivers it to put it there again: it is
          then read, and this notice goes.
        </>
      )}
      {acknowledge ? (
        <ActionForm action={acknowledge} className={styles.form}>
          <input type="hidden" name="connectorId" value={connectorId} />
          <input type="hidden" name="gapId" value={gap.id} />
          <TextField name="reason" label="Reason" maxLength={500} required />
          <SubmitButton>Acknowledge</SubmitButton>
        </ActionForm>
      ) : null}
    </Notice>
  );
}

const spanTitle = "TeleMessage no longer held a span of time";
const fileTitle = "A delivered file was taken away unread";
