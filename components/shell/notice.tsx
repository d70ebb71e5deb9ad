"use client";

import { CheckmarkCircle20Regular } from "@fluentui/react-icons/svg/checkmark-circle";
import { ErrorCircle20Regular } from "@fluentui/react-icons/svg/error-circle";
import { Info20Regular } from "@fluentui/react-icons/svg/info";
import { Warning20Regular } from "@fluentui/react-icons/svg/warning";
import type { ReactNode, Ref } from "react";
import styles from "./notice.module.css";

export type NoticeKind = "refusal" | "problem" | "warning" | "info" | "success";

const icons = {
  refusal: ErrorCircle20Regular,
  problem: ErrorCircle20Regular,
  warning: Warning20Regular,
  info: Info20Regular,
  success: CheckmarkCircle20Regular,
} as const satisfies Record<NoticeKind, unknown>;

/** Only what answers an act of the person interrupts; what merely stands on a page does not. */
const roles = {
  refusal: "alert",
  problem: undefined,
  warning: undefined,
  info: undefined,
  success: "status",
} as const satisfies Record<NoticeKind, unknown>;

type Props = {
  readonly kind: NoticeKind;
  readonly title?: string;
  readonly children: ReactNode;
  /** What can be done about it, at the end of the notice. */
  readonly actions?: ReactNode;
  readonly ref?: Ref<HTMLDivElement>;
};

/** A word to the person. */
export function Notice({ kind, title, children, actions, ref }: Props) {
  const Icon = icons[kind];
  return (
    <div ref={ref} role={roles[kind]} tabIndex={-1} className={`${styles.notice} ${styles[kind]}`}>
      <span className={styles.icon}>
        <Icon aria-hidden="true" />
      </span>
      <div className={styles.text}>
        {title ? <strong className={styles.title}>{title}</strong> : null}
        <div>{children}</div>
      </div>
      {actions ? <div className={styles.actions}>{actions}</div> : null}
    </div>
  );
}
