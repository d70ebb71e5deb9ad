import { TextField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import page from "@/components/shell/page.module.css";
import { PageDialog } from "@/components/shell/page-dialog";
import type { MappingSaidView } from "@/lib/core/mapping-view";
import { MailboxField } from "./mailbox-field";

export type EditableLine = MappingSaidView & {
  readonly line: number;
  readonly externalId: string;
};

type Props = {
  readonly connectorId: string;
  readonly inForceId: string | null;
  /** null: a new one. */
  readonly line: EditableLine | null;
  readonly save: FormAction;
};

export function LineDialog({ connectorId, inForceId, line, save }: Props) {
  return (
    <PageDialog
      title={line === null ? "Add a line" : `Change line ${line.line}`}
      closeTo={`/data-connectors/${connectorId}/mapping`}
      action={save}
      confirm={line === null ? "Add" : "Change"}
      keep="Cancel"
    >
      <p className={page.prose}>
        This makes a new version, in force at once. What still waits for the person is resolved
        anew; what was imported stays.
      </p>
      <LineTarget connectorId={connectorId} inForceId={inForceId} line={line?.line ?? null} />
      <TextField
        name="externalId"
        label="Number or id"
        hint="A number with its country code"
        defaultValue={line?.externalId ?? ""}
        maxLength={512}
        required
      />
      <MailboxField defaultValue={line?.mailboxAddress ?? ""} />
      <DateFields validFrom={line?.validFrom ?? null} validTo={line?.validTo ?? null} />
    </PageDialog>
  );
}

export function RemoveDialog(props: Props & { readonly line: EditableLine }) {
  const { connectorId, inForceId, line, save } = props;
  return (
    <PageDialog
      title={`Remove line ${line.line}?`}
      closeTo={`/data-connectors/${connectorId}/mapping`}
      action={save}
      confirm="Remove"
      keep="Cancel"
    >
      <p className={page.prose}>
        {line.externalId} is no longer mapped to {line.mailboxAddress}. What still waits for the
        person is resolved anew; what was imported stays.
      </p>
      <LineTarget connectorId={connectorId} inForceId={inForceId} line={line.line} />
    </PageDialog>
  );
}

type Target = {
  readonly connectorId: string;
  readonly inForceId: string | null;
  readonly line: number | null;
};

function LineTarget({ connectorId, inForceId, line }: Target) {
  return (
    <>
      <input type="hidden" name="connectorId" value={connectorId} />
      <input type="hidden" name="inForceId" value={inForceId ?? ""} />
      {line === null ? null : <input type="hidden" name="line" value={line} />}
    </>
  );
}

type Dates = { readonly validFrom: string | null; readonly validTo: string | null };

/** As the file has them, so that whoever knows the one knows the other. */
export function DateFields({ validFrom, validTo }: Dates) {
  return (
    <>
      <TextField
        name="validFrom"
        label="Valid from (optional)"
        hint="A day such as 2026-03-01, which begins at 00:00 UTC"
        defaultValue={dayOf(validFrom)}
        maxLength={40}
      />
      <TextField
        name="validTo"
        label="Valid to (optional)"
        hint="The first day it no longer holds"
        defaultValue={dayOf(validTo)}
        maxLength={40}
      />
    </>
  );
}

function dayOf(at: string | null): string {
  if (at === null) return "";
  return at.endsWith("T00:00:00.000Z") ? at.slice(0, 10) : at;
}
