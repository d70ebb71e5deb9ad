"use client";

import { ActionForm } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import type { FormAction } from "@/components/shell/form-state";
import { Instant } from "@/components/shell/instant";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { ConsentView, DraftView } from "@/lib/core/wizard-view";
import { HandOver } from "./hand-over";
import { PermissionList } from "./permission-list";
import { StepButtons } from "./step-buttons";
import { stepPath } from "./stepper";

const formId = "admin-consent";

type Props = {
  readonly draft: DraftView;
  /** null when Microsoft Entra could not be asked. */
  readonly consent: ConsentView | null;
  readonly actions: {
    readonly grant: FormAction;
    readonly confirm: FormAction;
    readonly handOver: FormAction;
    readonly revoke: FormAction;
  };
};

export function ConsentStep({ draft, consent, actions }: Props) {
  const isGranted = consent?.isGranted === true;
  return (
    <>
      <p className={page.lead}>
        A Global Administrator of your organization must allow this application to find mailboxes
        and to write archived items to them.
      </p>
      <PermissionList />
      {isGranted ? (
        <Notice kind="success" title="Admin consent is granted">
          Microsoft Entra ID issued a fresh token with the permissions. Go on with Next.
        </Notice>
      ) : null}
      {consent === null ? (
        <Notice kind="warning">
          Microsoft Entra ID did not answer, so it is not known whether consent is granted. Reload
          the page to ask again.
        </Notice>
      ) : null}
      {isGranted ? null : (
        <>
          <ActionForm action={actions.grant} className={page.buttons}>
            <input type="hidden" name="connectorId" value="" />
            <SubmitButton look="primary">Grant admin consent</SubmitButton>
            <span className={page.quiet}>
              Leads to Microsoft Entra ID and back. Sign in there as a Global Administrator.
            </span>
          </ActionForm>
          <HandOver links={consent?.handedOver ?? []} actions={actions} />
        </>
      )}
      {draft.consentVerifiedAt ? (
        <p className={page.quiet}>
          Last verified <Instant at={draft.consentVerifiedAt} />.
        </p>
      ) : null}
      <ActionForm action={actions.confirm} id={formId}>
        <input type="hidden" name="version" value={draft.version} />
      </ActionForm>
      <StepButtons back={stepPath("user-mapping")}>
        <SubmitButton look={isGranted ? "primary" : "secondary"} form={formId}>
          Next
        </SubmitButton>
      </StepButtons>
    </>
  );
}
