"use client";

import { useState } from "react";
import { HostKeyField } from "@/components/sftp/host-key-field";
import { SecretFields } from "@/components/sftp/secret-fields";
import { ActionForm } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import { ChoiceField } from "@/components/shell/choice-field";
import { CheckField, TextField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import { deliveryNames } from "@/lib/core/delivery";
import type { DraftView } from "@/lib/core/wizard-view";
import { StepButtons } from "./step-buttons";
import { stepPath } from "./stepper";

const formId = "sign-in";

export function SignInStep({
  draft,
  signIn,
}: {
  readonly draft: DraftView;
  readonly signIn: FormAction;
}) {
  const { source } = draft;
  const kept = source === null ? null : source.sftp === null ? "API" : "SFTP";
  const [delivery, setDelivery] = useState<string>(kept ?? "API");
  return (
    <>
      <p className={page.lead}>
        {delivery === "API"
          ? "Enter the administration account of your organization at TeleMessage. The portal signs in with it at once, and keeps the password sealed: it is never shown again."
          : "Enter the SFTP server on which TeleMessage delivers ZIP files for your organization. The portal signs in at once and reads the folder; secrets are kept sealed and never shown again."}
      </p>
      {source ? (
        <Notice kind="success">
          Signed in to the TeleMessage account {source.accountName} ({source.accountId}). Leave the
          password blank to keep it.
        </Notice>
      ) : null}
      <ActionForm action={signIn} id={formId} className={page.form}>
        <input type="hidden" name="version" value={draft.version} />
        <ChoiceField
          name="delivery"
          label="Delivery"
          defaultValue={kept ?? "API"}
          choices={deliveryNames}
          onValue={setDelivery}
          remember={`draft.${draft.id}.delivery`}
        />
        {delivery === "API" ? (
          <ApiFields draft={draft} isKept={kept === "API"} />
        ) : (
          <SftpFields draft={draft} />
        )}
      </ActionForm>
      <StepButtons back={stepPath("terms")}>
        <SubmitButton look="primary" form={formId}>
          Next
        </SubmitButton>
      </StepButtons>
    </>
  );
}

function ApiFields({ draft, isKept }: { readonly draft: DraftView; readonly isKept: boolean }) {
  return (
    <>
      <TextField
        name="username"
        label="Username"
        hint="Your TeleMessage username"
        defaultValue={isKept ? (draft.source?.username ?? "") : ""}
        remember={`draft.${draft.id}.username`}
        maxLength={256}
        required
      />
      <TextField
        name="password"
        label="Password"
        type="password"
        hint="Your TeleMessage password"
        autoComplete="new-password"
        maxLength={1024}
        required={!isKept}
      />
    </>
  );
}

function SftpFields({ draft }: { readonly draft: DraftView }) {
  const { source } = draft;
  const sftp = source?.sftp ?? null;
  const remember = (name: string) => `draft.${draft.id}.sftp.${name}`;
  return (
    <>
      <TextField
        name="host"
        label="Host"
        hint="The server's name or address, such as sftp.example.com"
        defaultValue={sftp?.host ?? ""}
        remember={remember("host")}
        maxLength={260}
        required
      />
      <TextField
        name="port"
        label="Port"
        defaultValue={String(sftp?.port ?? 22)}
        remember={remember("port")}
        maxLength={5}
        required
      />
      <TextField
        name="folder"
        label="Folder"
        hint="Where the ZIP files lie; blank for the folder in which the server puts the user"
        defaultValue={sftp === null || sftp.folder === "." ? "" : sftp.folder}
        remember={remember("folder")}
        maxLength={1024}
      />
      <TextField
        name="username"
        label="Username"
        hint="Your name on the SFTP server"
        defaultValue={sftp === null ? "" : (source?.username ?? "")}
        remember={remember("username")}
        maxLength={256}
        required
      />
      <SecretFields isKept={sftp !== null} />
      <CheckField
        name="movesFinishedFiles"
        label="Move finished files to done/"
        defaultChecked={sftp?.movesFinishedFiles ?? false}
      />
      <p className={page.quiet}>
        Otherwise nothing on the server is changed. Files are never deleted.
      </p>
      <HostKeyField pinned={sftp?.hostKey ?? null} />
    </>
  );
}
