"use client";

import { ArrowSyncCircle16Regular } from "@fluentui/react-icons/svg/arrow-sync-circle";
import { CheckmarkCircle16Regular } from "@fluentui/react-icons/svg/checkmark-circle";
import { Clock16Regular } from "@fluentui/react-icons/svg/clock";
import { ErrorCircle16Regular } from "@fluentui/react-icons/svg/error-circle";
import { PauseCircle16Regular } from "@fluentui/react-icons/svg/pause-circle";
import { Warning16Regular } from "@fluentui/react-icons/svg/warning";
import styles from "./status-word.module.css";

export type Tone = "good" | "busy" | "waiting" | "paused" | "warning" | "bad";

const icons = {
  good: CheckmarkCircle16Regular,
  busy: ArrowSyncCircle16Regular,
  waiting: Clock16Regular,
  paused: PauseCircle16Regular,
  warning: Warning16Regular,
  bad: ErrorCircle16Regular,
} as const satisfies Record<Tone, unknown>;

/** A status in its word; colour and sign only repeat it. */
export function StatusWord({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  const Icon = icons[tone];
  return (
    <span className={styles.status}>
      <span className={styles[tone]}>
        <Icon aria-hidden="true" />
      </span>
      {children}
    </span>
  );
}
