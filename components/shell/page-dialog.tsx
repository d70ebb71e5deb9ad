"use client";

import { Button } from "@fluentui/react-components";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { ActionForm } from "./action-form";
import { SubmitButton } from "./buttons";
import type { FormAction, FormState } from "./form-state";
import page from "./page.module.css";
import styles from "./page-dialog.module.css";

type Props = {
  readonly title: string;
  /** The page without the dialog. */
  readonly closeTo: string;
  readonly action: FormAction;
  /** What the button of the act says, and the one that lets everything be. */
  readonly confirm: string;
  readonly keep: string;
  /** Told once for every answer. */
  readonly onAnswer?: (state: FormState) => void;
  /** What is said once the act is done and the dialog stays: then there is nothing left but to close it. */
  readonly done?: ReactNode;
  readonly children: ReactNode;
};

/**
 * The browser's own dialog: it goes with the page that opened it. Fluent's leaves the next page hidden
 * from screen readers when it is taken away while it is open.
 */
export function PageDialog({ title, closeTo, action, confirm, keep, children, ...props }: Props) {
  const { onAnswer, done = null } = props;
  const router = useRouter();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  const close = () => router.replace(closeTo, { scroll: false });
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={close} className={styles.dialog}>
      <ActionForm
        action={action}
        className={styles.form}
        {...(onAnswer === undefined ? {} : { onAnswer })}
      >
        <h2 id={titleId} className={page.subheading}>
          {title}
        </h2>
        {done === null ? children : <div role="status">{done}</div>}
        <div className={styles.buttons}>
          <Button onClick={() => dialog.current?.close()}>{done === null ? keep : "Close"}</Button>
          {done === null ? <SubmitButton look="primary">{confirm}</SubmitButton> : null}
        </div>
      </ActionForm>
    </dialog>
  );
}
