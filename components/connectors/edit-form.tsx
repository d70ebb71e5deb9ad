"use client";

import Link from "next/link";
import { HostKeyField } from "@/components/sftp/host-key-field";
import { SecretFields } from "@/components/sftp/secret-fields";
import { ActionForm } from "@/components/shell/action-form";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import { GoButton, SubmitButton } from "@/components/shell/buttons";
import { Fact } from "@/components/shell/fact";
import { CheckField, TextField } from "@/components/shell/fields";
import { counted } from "@/components/shell/format";
import type { FormAction } from "@/components/shell/form-state";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import { ZoneField } from "@/components/shell/zone-field";
import { sizeLimitText } from "@/lib/core/size-limit";
import type { ConnectorDetail } from "@/lib/core/view";
import { connectorTrail } from "./connector-trail";

const formId = "edit";

type Props = {
  readonly detail: ConnectorDetail;
  readonly zones: readonly string[];
  readonly save: FormAction;
};

export function EditForm({ detail, zones, save }: Props) {
  const { mappingFile } = detail;
  const address = `/data-connectors/${detail.id}`;
  const { status } = detail;
  return (
    <div className={page.narrow}>
      <Breadcrumbs trail={connectorTrail(detail)} here="Edit" />
      <h1 className={page.heading}>Edit connector</h1>
      {status.attentionCode && status.advice ? (
        <Notice kind="problem" title={status.connection}>
          {status.advice}
        </Notice>
      ) : null}
      <ActionForm action={save} id={formId} className={page.form}>
        <input type="hidden" name="connectorId" value={detail.id} />
        <input type="hidden" name="version" value={detail.version} />
        <TextField
          name="name"
          label="Connector name"
          hint="Unique in your organization"
          defaultValue={detail.name}
          maxLength={64}
          required
        />
        <TextField
          name="timeOfDay"
          label="Time of day"
          type="time"
          defaultValue={detail.timeOfDay}
          required
        />
        <ZoneField zone={detail.zone} zones={zones} />
        {detail.sftp === null ? <ApiFields detail={detail} /> : <SftpFields detail={detail} />}
        <CheckField
          name="automaticMapping"
          label="Enable automatic user mapping"
          defaultChecked={detail.automaticMapping}
        />
        {mappingFile === null ? null : (
          <CheckField
            name="mappingFileId"
            label={`Use version ${mappingFile.version} of the mapping, with ${counted(mappingFile.entries, "line")}`}
            value={mappingFile.id}
            defaultChecked
          />
        )}
        <p className={page.quiet}>
          Lines of the mapping, and whole versions, are changed on the page{" "}
          <Link href={`${address}/mapping`}>Mapping</Link>, which shows the difference first.
        </p>
        <TextField
          name="sizeLimit"
          label="Item size limit (MB)"
          hint="From 1 to 150. Larger attachments are left out, larger items are not imported."
          defaultValue={sizeLimitText(detail.sizeLimitBytes)}
          maxLength={3}
          required
        />
        <CheckField
          name="largeAttachments"
          label="Add large attachments after the message"
          defaultChecked={detail.largeAttachments}
        />
      </ActionForm>
      <div className={page.buttons}>
        <SubmitButton look="primary" form={formId}>
          Save
        </SubmitButton>
        <GoButton to={address}>Cancel</GoButton>
      </div>
    </div>
  );
}

function ApiFields({ detail }: Pick<Props, "detail">) {
  return (
    <>
      <TextField
        name="username"
        label="Username"
        hint={`Of the TeleMessage account ${detail.sourceAccountName}`}
        defaultValue={detail.sourceUsername}
        maxLength={256}
        required
      />
      <TextField
        name="password"
        label="Password"
        type="password"
        hint="Leave blank to keep the password. A new one is tried at TeleMessage before it is saved."
        autoComplete="new-password"
        maxLength={1024}
      />
    </>
  );
}

/** The place is fixed: another one delivers other files, and wants a connector of its own. */
function SftpFields({ detail }: Pick<Props, "detail">) {
  const { sftp, sourceUsername } = detail;
  if (sftp === null) return null;
  return (
    <>
      <input type="hidden" name="username" value={sourceUsername} />
      <dl className={page.facts}>
        <Fact name="SFTP server">
          {sftp.host}, port {sftp.port}
        </Fact>
        <Fact name="Folder">{sftp.folder}</Fact>
        <Fact name="Username">{sourceUsername}</Fact>
      </dl>
      <SecretFields isKept />
      <HostKeyField pinned={sftp.hostKey} />
      <CheckField
        name="movesFinishedFiles"
        label="Move finished files to done/"
        defaultChecked={sftp.movesFinishedFiles}
      />
    </>
  );
}
