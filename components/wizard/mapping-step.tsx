"use client";

import { useState } from "react";
import { MappingPicker } from "@/components/mapping/mapping-picker";
import type { Country } from "@/components/mapping/country";
import { ActionForm } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import { CheckField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import page from "@/components/shell/page.module.css";
import type { DraftView } from "@/lib/core/wizard-view";
import { StepButtons } from "./step-buttons";
import { stepPath } from "./stepper";

const formId = "user-mapping";

type Props = {
  readonly draft: DraftView;
  readonly countries: readonly Country[];
  readonly save: FormAction;
};

export function MappingStep({ draft, countries, save }: Props) {
  const [file, setFile] = useState(draft.mappingFile);
  return (
    <>
      <p className={page.lead}>
        The connector finds the mailbox of every participant of an item. Choose automatic user
        mapping, a mapping file of your own, or both: then the file is asked first.
      </p>
      <ActionForm action={save} id={formId} about={file?.id ?? ""}>
        <input type="hidden" name="version" value={draft.version} />
        <input type="hidden" name="mappingFileId" value={file?.id ?? ""} />
        <CheckField
          name="automaticMapping"
          label="Enable automatic user mapping"
          defaultChecked={draft.automaticMapping}
        />
        <p className={page.quiet}>
          Uses the email address that TeleMessage has for each person. It must be the address of
          their Microsoft 365 account.
        </p>
      </ActionForm>
      <MappingPicker
        connectorId={null}
        file={file}
        countries={countries}
        onFile={setFile}
        decision={
          file !== null && file.errors > 0 ? (
            <CheckField
              name="leavesBadLinesOut"
              label="Leave the bad lines out"
              defaultChecked={file.leavesBadLinesOut}
              form={formId}
            />
          ) : null
        }
        note={
          draft.consentVerifiedAt === null ? "Mailboxes are checked after admin consent." : null
        }
      />
      <StepButtons back={stepPath("sign-in")}>
        <SubmitButton look="primary" form={formId}>
          Next
        </SubmitButton>
      </StepButtons>
    </>
  );
}
