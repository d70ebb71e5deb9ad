"use client";

import { ArrowSync20Regular } from "@fluentui/react-icons/svg/arrow-sync";
import { CalendarArrowDown20Regular } from "@fluentui/react-icons/svg/calendar-arrow-down";
import { Delete20Regular } from "@fluentui/react-icons/svg/delete";
import { Edit20Regular } from "@fluentui/react-icons/svg/edit";
import { PeopleList20Regular } from "@fluentui/react-icons/svg/people-list";
import { Pause20Regular } from "@fluentui/react-icons/svg/pause";
import { ShieldTask20Regular } from "@fluentui/react-icons/svg/shield-task";
import { useState } from "react";
import { ActionForm } from "@/components/shell/action-form";
import { GoButton, SubmitButton } from "@/components/shell/buttons";
import { messageOf } from "@/components/shell/form-state";
import { Notice } from "@/components/shell/notice";
import type { ConnectorDetail } from "@/lib/core/view";
import styles from "./command-bar.module.css";
import type { ConnectorActions, ConnectorRights } from "./connector-actions";
import { mendOf } from "./remedy";

type Props = {
  readonly detail: ConnectorDetail;
  readonly actions: ConnectorActions;
  readonly rights: ConnectorRights;
};

/** What can be done with a connector. A button that stands in the notice above is not here again. */
export function CommandBar({ detail, actions, rights }: Props) {
  const [done, setDone] = useState<string | null>(null);
  const mend = mendOf(detail.status);
  const target = <input type="hidden" name="connectorId" value={detail.id} />;
  if (!rights.mayManage && !rights.mayRequestConsent) return null;
  return (
    <>
      <div className={styles.bar}>
        {rights.mayManage ? (
          <ActionForm
            action={actions.command}
            className={styles.commands}
            onAnswer={(state) => setDone(messageOf(state))}
          >
            {target}
            <SubmitButton
              look="primary"
              icon={<ArrowSync20Regular />}
              name="command"
              value="syncNow"
            >
              Sync now
            </SubmitButton>
            {mend === "resume" ? null : (
              <SubmitButton icon={<Pause20Regular />} name="command" value="pause">
                Pause
              </SubmitButton>
            )}
          </ActionForm>
        ) : null}
        {rights.mayManage ? (
          <GoButton
            to={`/data-connectors/${detail.id}/past-period`}
            icon={<CalendarArrowDown20Regular />}
          >
            Import a past period
          </GoButton>
        ) : null}
        {rights.mayManage ? (
          <GoButton to={`/data-connectors/${detail.id}/mapping`} icon={<PeopleList20Regular />}>
            Mapping
          </GoButton>
        ) : null}
        {rights.mayManage ? (
          <GoButton to={`/data-connectors/${detail.id}/edit`} icon={<Edit20Regular />}>
            Edit
          </GoButton>
        ) : null}
        {rights.mayRequestConsent && mend !== "grantConsent" ? (
          <ActionForm action={actions.grantConsent}>
            {target}
            <SubmitButton icon={<ShieldTask20Regular />}>Grant admin consent</SubmitButton>
          </ActionForm>
        ) : null}
        {rights.mayManage ? (
          <GoButton to={`/data-connectors/${detail.id}?dialog=delete`} icon={<Delete20Regular />}>
            Delete
          </GoButton>
        ) : null}
      </div>
      {done ? <Notice kind="success">{done}</Notice> : null}
    </>
  );
}
