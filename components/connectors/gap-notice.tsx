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

/** A span that TeleMessage no longer held. It stays on the page until somebody puts their name to it. */
export function GapNotice({ gap, connectorId, acknowledge }: Props) {
  return (
    <Notice kind="problem" title="TeleMessage no longer held a span of time">
      Nothing could be archived from <Instant at={gap.start} /> to <Instant at={gap.end} />. Ask
      TeleMessage for a copy of that time if you must keep it.
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
