import { ActionForm } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import { TextField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
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
  return (
    <>
      <p className={page.lead}>
        Enter the administration account of your organization at TeleMessage. The portal signs in
        with it at once, and keeps the password sealed: it is never shown again.
      </p>
      {source ? (
        <Notice kind="success">
          Signed in to the TeleMessage account {source.accountName} ({source.accountId}). Leave the
          password blank to keep it.
        </Notice>
      ) : null}
      <ActionForm action={signIn} id={formId} className={page.form}>
        <input type="hidden" name="version" value={draft.version} />
        <TextField
          name="username"
          label="Username"
          hint="Your TeleMessage username"
          defaultValue={source?.username ?? ""}
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
          required={source === null}
        />
      </ActionForm>
      <StepButtons back={stepPath("terms")}>
        <SubmitButton look="primary" form={formId}>
          Next
        </SubmitButton>
      </StepButtons>
    </>
  );
}
