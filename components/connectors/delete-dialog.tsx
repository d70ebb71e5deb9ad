"use client";

import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import { useRouter } from "next/navigation";
import { ActionForm } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import { TextField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import { useIsAlive } from "@/components/shell/use-is-alive";

type Props = {
  readonly connectorId: string;
  readonly name: string;
  readonly remove: FormAction;
};

export function DeleteDialog({ connectorId, name, remove }: Props) {
  const router = useRouter();
  // A dialog lives in a portal, which the server cannot render: it opens once the page is alive.
  const isOpen = useIsAlive();
  const close = () => router.replace(`/data-connectors/${connectorId}`, { scroll: false });
  return (
    <Dialog open={isOpen} onOpenChange={close}>
      <DialogSurface>
        <ActionForm action={remove}>
          <DialogBody>
            <DialogTitle>Delete this connector?</DialogTitle>
            <DialogContent>
              <p>
                Its runs end and its TeleMessage password is destroyed at once. What was imported
                stays in the mailboxes; history and audit are kept.
              </p>
              <input type="hidden" name="connectorId" value={connectorId} />
              <TextField name="name" label="Connector name" hint={`Type "${name}"`} required />
            </DialogContent>
            <DialogActions>
              <Button onClick={close}>Cancel</Button>
              <SubmitButton look="primary">Delete</SubmitButton>
            </DialogActions>
          </DialogBody>
        </ActionForm>
      </DialogSurface>
    </Dialog>
  );
}
