"use client";

import { Button } from "@fluentui/react-components";
import { useRouter } from "next/navigation";
import { useEffect, useId, useRef } from "react";
import { ActionForm } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import { TextField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import page from "@/components/shell/page.module.css";
import styles from "./delete-dialog.module.css";

type Props = {
  readonly connectorId: string;
  readonly name: string;
  readonly remove: FormAction;
};

/**
 * The browser's own dialog: it goes with the page that opened it. Fluent's leaves the next page hidden
 * from screen readers when it is taken away while it is open.
 */
export function DeleteDialog({ connectorId, name, remove }: Props) {
  const router = useRouter();
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  const close = () => router.replace(`/data-connectors/${connectorId}`, { scroll: false });
  return (
    <dialog ref={dialog} aria-labelledby={title} onClose={close} className={styles.dialog}>
      <ActionForm action={remove} className={styles.form}>
        <h2 id={title} className={page.subheading}>
          Delete this connector?
        </h2>
        <p className={page.prose}>
          Its runs end and its TeleMessage password is destroyed at once. What was imported stays in
          the mailboxes; history and audit are kept.
        </p>
        <input type="hidden" name="connectorId" value={connectorId} />
        <TextField name="name" label="Connector name" hint={`Type "${name}"`} required />
        <div className={styles.buttons}>
          <Button onClick={() => dialog.current?.close()}>Cancel</Button>
          <SubmitButton look="primary">Delete</SubmitButton>
        </div>
      </ActionForm>
    </dialog>
  );
}
