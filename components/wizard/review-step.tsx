"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import { CoveragePreview } from "@/components/mapping/coverage-preview";
import { DirectoryCheck } from "@/components/mapping/directory-check";
import { ActionForm } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import { TextField } from "@/components/shell/fields";
import { counted } from "@/components/shell/format";
import type { FormAction } from "@/components/shell/form-state";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import type { DraftView } from "@/lib/core/wizard-view";
import { type WizardStep, stepTitles } from "@/lib/core/wizard";
import styles from "./review-step.module.css";
import { StepButtons } from "./step-buttons";
import { stepPath } from "./stepper";
import { ZoneField } from "@/components/shell/zone-field";

const formId = "review";

type Props = {
  readonly draft: DraftView;
  readonly zones: readonly string[];
  readonly actions: {
    readonly finish: FormAction;
    readonly check: FormAction;
    readonly saveMapping: FormAction;
  };
};

export function ReviewStep({ draft, zones, actions }: Props) {
  const { mappingFile } = draft;
  return (
    <>
      <dl className={styles.answers}>
        <Answer step="terms">
          {draft.terms ? (
            <>
              Version {draft.terms.version}, accepted on <Instant at={draft.terms.acceptedAt} />
            </>
          ) : null}
        </Answer>
        <Answer step="sign-in">{draft.source ? sourceWords(draft.source) : null}</Answer>
        <Answer step="user-mapping">
          Automatic user mapping {draft.automaticMapping ? "on" : "off"}
          {mappingFile
            ? `; mapping file ${mappingFile.fileName} with ${counted(mappingFile.entries, "line")}`
            : "; no mapping file"}
        </Answer>
        <Answer step="admin-consent">
          {draft.consentVerifiedAt ? (
            <>
              Granted, verified on <Instant at={draft.consentVerifiedAt} />
            </>
          ) : null}
        </Answer>
      </dl>
      {mappingFile ? (
        <DirectoryCheck
          file={mappingFile}
          check={actions.check}
          leaveOut={{
            action: actions.saveMapping,
            fields: {
              version: String(draft.version),
              mappingFileId: mappingFile.id,
              ...(draft.automaticMapping ? { automaticMapping: "on" } : {}),
              leavesBadLinesOut: "on",
              stay: "on",
            },
          }}
        />
      ) : null}
      <CoveragePreview />
      <ActionForm action={actions.finish} id={formId} className={page.form}>
        <input type="hidden" name="version" value={draft.version} />
        <TextField
          name="name"
          label="Connector name"
          hint="Unique in your organization"
          defaultValue={draft.name ?? "WhatsApp Archiver"}
          remember={`draft.${draft.id}.name`}
          maxLength={64}
          required
        />
        <TextField
          name="timeOfDay"
          label="Time of day"
          type="time"
          hint="When the daily import starts"
          defaultValue={draft.timeOfDay ?? "02:00"}
          remember={`draft.${draft.id}.timeOfDay`}
          required
        />
        <ZoneField zone={draft.zone} zones={zones} remember={`draft.${draft.id}.zone`} />
      </ActionForm>
      <p className={page.quiet}>
        After Finish the first import starts at once, over the previous 24 hours.
      </p>
      <StepButtons back={stepPath("admin-consent")}>
        <SubmitButton look="primary" form={formId}>
          Finish
        </SubmitButton>
      </StepButtons>
    </>
  );
}

function sourceWords({ username, accountName, accountId, sftp }: Source): string {
  if (sftp === null) return `${username}, account ${accountName} (${accountId})`;
  return `SFTP from ${sftp.host}, port ${sftp.port}, folder ${sftp.folder}, as ${username}`;
}

type Source = NonNullable<DraftView["source"]>;

function Answer({ step, children }: { readonly step: WizardStep; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{stepTitles[step]}</dt>
      <dd>
        <span>{children ?? "No answer yet"}</span>
        <Link href={stepPath(step)} aria-label={`Edit ${stepTitles[step]}`}>
          Edit
        </Link>
      </dd>
    </div>
  );
}
