"use client";

import { ActionForm } from "@/components/shell/action-form";
import { GoButton, SubmitButton } from "@/components/shell/buttons";
import { Notice } from "@/components/shell/notice";
import type { ConnectorDetail } from "@/lib/core/view";
import type { ConnectorActions, ConnectorRights } from "./connector-actions";
import { mendOf } from "./remedy";

type Props = {
  readonly detail: ConnectorDetail;
  readonly actions: ConnectorActions;
  readonly rights: ConnectorRights;
};

/** What stands in the connector's way, on top, with the button that mends it. */
export function AttentionNotice({ detail, actions, rights }: Props) {
  const { status } = detail;
  if (status.advice === null) return null;
  return (
    <Notice
      kind={status.attentionCode === null ? "warning" : "problem"}
      title={status.attentionCode === null ? status.import : status.connection}
      actions={<Mending detail={detail} actions={actions} rights={rights} />}
    >
      {status.advice}
    </Notice>
  );
}

function Mending({ detail, actions, rights }: Props) {
  const mend = mendOf(detail.status);
  const target = <input type="hidden" name="connectorId" value={detail.id} />;
  if (mend === "signIn" && rights.mayManage) {
    return (
      <GoButton to={`/data-connectors/${detail.id}/edit`} look="primary">
        {detail.sftp === null ? "Enter username and password" : "Edit the connection"}
      </GoButton>
    );
  }
  if (mend === "grantConsent" && rights.mayRequestConsent) {
    return (
      <ActionForm action={actions.grantConsent}>
        {target}
        <SubmitButton look="primary">Grant admin consent</SubmitButton>
      </ActionForm>
    );
  }
  if (mend === "resume" && rights.mayManage) {
    return (
      <ActionForm action={actions.command}>
        {target}
        <SubmitButton look="primary" name="command" value="resume">
          Resume
        </SubmitButton>
      </ActionForm>
    );
  }
  return null;
}
