import { ActionForm } from "@/components/shell/action-form";
import { GoButton, SubmitButton } from "@/components/shell/buttons";
import type { FormAction } from "@/components/shell/form-state";
import { Instant } from "@/components/shell/instant";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { DraftView } from "@/lib/core/wizard-view";
import { StepButtons } from "./step-buttons";
import { stepPath } from "./stepper";

const formId = "terms";

/** What the connector does with other people's words, in ours; the version accepted is recorded. */
export function TermsStep({
  draft,
  accept,
}: {
  readonly draft: DraftView;
  readonly accept: FormAction;
}) {
  return (
    <>
      <div className={page.prose}>
        <p>By accepting you confirm, for your organization, that:</p>
        <ul>
          <li>
            this connector signs in to your organization&apos;s TeleMessage account once a day and
            reads the WhatsApp data of the people registered there;
          </li>
          <li>
            it keeps that data for a short time in the Azure Storage of this installation,
            encrypted, and imports it to the mailboxes of your employees in Microsoft 365;
          </li>
          <li>
            TeleMessage is a third party: its service is governed by your agreement with
            TeleMessage, not by your agreement with Microsoft;
          </li>
          <li>
            you have informed the people whose messages are archived wherever the law or your rules
            ask for it, and you decide how long the archived items are kept;
          </li>
          <li>
            who accepted these terms, in which version and when, is written to the audit and stays
            there.
          </li>
        </ul>
      </div>
      {draft.terms ? (
        <Notice kind="info">
          Version {draft.terms.version} was accepted on <Instant at={draft.terms.acceptedAt} />.
        </Notice>
      ) : null}
      <ActionForm action={accept} id={formId}>
        <input type="hidden" name="version" value={draft.version} />
      </ActionForm>
      <StepButtons back="/data-connectors/whatsapp">
        <SubmitButton look="primary" form={formId}>
          Accept
        </SubmitButton>
        {draft.terms ? <GoButton to={stepPath("sign-in")}>Next</GoButton> : null}
      </StepButtons>
    </>
  );
}
