"use client";

import { ArrowRepeatAll20Regular } from "@fluentui/react-icons/svg/arrow-repeat-all";
import { type ReactNode, useState } from "react";
import { ResolvingNotice } from "@/components/mapping/resolving-notice";
import { ActionForm } from "@/components/shell/action-form";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import { DoneNotice } from "@/components/shell/done-notice";
import { SubmitButton } from "@/components/shell/buttons";
import { type FormAction, messageOf } from "@/components/shell/form-state";
import page from "@/components/shell/page.module.css";
import type { NotImportedView } from "@/lib/core/item-view";
import type { UnmappedPersonView } from "@/lib/core/mapping-view";
import type { ConnectorDetail, PageOf } from "@/lib/core/view";
import { ConnectionNotice } from "./connection-notice";
import { connectorTrail } from "./connector-trail";
import { NotImported } from "./not-imported";
import { RunWatcher } from "./run-watcher";
import { MapDialog, UnmappedPeople } from "./unmapped-people";
import { useProgress } from "./use-progress";

type Props = {
  readonly connector: ConnectorDetail;
  readonly view: NotImportedView;
  /** null for somebody who may not. */
  readonly retry: FormAction | null;
  readonly people: PageOf<UnmappedPersonView>;
  /** The person whose dialog is open. */
  readonly person: UnmappedPersonView | null;
  /** null for somebody who may not. */
  readonly map: FormAction | null;
  readonly flash: ReactNode;
};

/** What all runs of a connector still owe. */
export function NotImportedPage({ connector, view, retry, ...props }: Props) {
  const { id } = connector;
  const { data: detail, connection } = useProgress(`/api/progress?connector=${id}`, connector);
  const { people, person, map, flash } = props;
  const [done, setDone] = useState<string | null>(null);
  const isAnyRetryable = view.byReason.some(({ retryable }) => retryable > 0);
  const dialog =
    map === null || person === null ? null : (
      <MapDialog connectorId={id} person={person} map={map} />
    );
  const isOpen = dialog !== null;
  return (
    <>
      <div className={page.wide} inert={isOpen} aria-hidden={isOpen || undefined}>
        <Breadcrumbs trail={connectorTrail(connector)} here="Not imported" />
        <h1 className={page.heading}>Not imported</h1>
        <p className={page.lead}>
          What did not reach a mailbox, or only in part, over all runs of this connector.
        </p>
        {flash}
        <ConnectionNotice connection={connection} />
        <ResolvingNotice resolving={detail.resolving} />
        <DoneNotice message={done} />
        {retry === null ? (
          <NotImported view={view} mayRetry={false} heading="h2" />
        ) : (
          <ActionForm
            action={retry}
            className={page.wide}
            onAnswer={(state) => setDone(messageOf(state))}
          >
            <input type="hidden" name="connectorId" value={id} />
            {isAnyRetryable ? (
              <div className={page.buttons}>
                <SubmitButton icon={<ArrowRepeatAll20Regular />}>Retry everything</SubmitButton>
              </div>
            ) : null}
            <NotImported view={view} mayRetry heading="h2" />
          </ActionForm>
        )}
        <UnmappedPeople connectorId={id} people={people} mayMap={map !== null} />
        <RunWatcher detail={detail} />
      </div>
      {dialog}
    </>
  );
}
