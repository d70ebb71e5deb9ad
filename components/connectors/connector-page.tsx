"use client";

import type { ReactNode } from "react";
import { ResolvingNotice } from "@/components/mapping/resolving-notice";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { ConnectorDetail, RunView } from "@/lib/core/view";
import { AttentionNotice } from "./attention-notice";
import { CancelDialog } from "./cancel-dialog";
import { CommandBar } from "./command-bar";
import { ConnectionNotice } from "./connection-notice";
import type { ConnectorActions, ConnectorRights } from "./connector-actions";
import { ConnectorFacts } from "./connector-facts";
import { ContentSearch } from "./content-search";
import { DeleteDialog } from "./delete-dialog";
import { DeliveredFiles } from "./delivered-files";
import { ExpiringNotice } from "./expiring-notice";
import { GapNotice } from "./gap-notice";
import { OpenAlarms } from "./open-alarms";
import { RunHistory } from "./run-history";
import { RunWatcher } from "./run-watcher";
import { StatusAnnouncer } from "./status-announcer";
import { useProgress } from "./use-progress";

type Props = {
  readonly detail: ConnectorDetail;
  readonly actions: ConnectorActions;
  readonly rights: ConnectorRights;
  readonly selectedRun: RunView | null;
  readonly dialog: "delete" | "cancel" | null;
  /** One sentence of the page before, e.g. of the way back from admin consent. */
  readonly flash: ReactNode;
  /** The selected run with its items. */
  readonly children: ReactNode;
};

/** Enough to act on; a server without its disk may leave a thousand files behind. */
const gapsShown = 5;

const noRightToChange = { mayManage: false, mayRequestConsent: false } as const;

/** One connector, live: what it is, how it is, what it did. */
export function ConnectorPage(props: Props) {
  const { actions, selectedRun, dialog, flash, children } = props;
  const { data: detail, connection } = useProgress(
    `/api/progress?connector=${props.detail.id}`,
    props.detail,
  );
  const { status } = detail;
  const isDeleted = detail.state === "deleted";
  // It may be deleted by somebody else while this page is open.
  const rights = isDeleted ? { ...props.rights, ...noRightToChange } : props.rights;
  const opened = !rights.mayManage ? null : dialog === "delete" ? (
    <DeleteDialog connectorId={detail.id} name={detail.name} remove={actions.remove} />
  ) : dialog === "cancel" && selectedRun ? (
    <CancelDialog connectorId={detail.id} run={selectedRun} cancel={actions.cancelRun} />
  ) : null;
  const isDialogOpen = opened !== null;
  return (
    <>
      <div className={page.wide} inert={isDialogOpen} aria-hidden={isDialogOpen || undefined}>
        <Breadcrumbs
          trail={[
            { label: "Data connectors", href: "/data-connectors" },
            { label: "Connectors", href: "/data-connectors?tab=connectors" },
          ]}
          here={detail.name}
        />
        <h1 className={page.heading}>{detail.name}</h1>
        {flash}
        <ConnectionNotice connection={connection} />
        {isDeleted ? (
          <Notice kind="info" title="This connector was deleted">
            Nothing is imported any more. What it did is kept here.
          </Notice>
        ) : null}
        {isDeleted ? null : (
          <StatusAnnouncer
            words={[`Import: ${status.import}`, `Connection: ${status.connection}`]}
          />
        )}
        <ResolvingNotice resolving={detail.resolving} />
        <AttentionNotice detail={detail} actions={actions} rights={rights} />
        {detail.gaps.slice(0, gapsShown).map((gap) => (
          <GapNotice
            key={gap.id}
            gap={gap}
            connectorId={detail.id}
            acknowledge={rights.mayManage ? actions.acknowledgeGap : null}
          />
        ))}
        {detail.gaps.length > gapsShown ? (
          <Notice kind="problem">
            More could not be archived. It is named here once these are acknowledged.
          </Notice>
        ) : null}
        {detail.expiring === null ? null : (
          <ExpiringNotice
            connectorId={detail.id}
            expiring={detail.expiring}
            maySeeItems={rights.maySeeItems}
          />
        )}
        <CommandBar detail={detail} actions={actions} rights={rights} />
        <OpenAlarms alarms={detail.alarms} />
        <ConnectorFacts detail={detail} maySeeItems={rights.maySeeItems} />
        {detail.sftp === null ? null : (
          <DeliveredFiles connectorId={detail.id} files={detail.deliveredFiles} />
        )}
        <RunHistory
          connectorId={detail.id}
          runs={detail.runs}
          selectedRunId={selectedRun?.id ?? null}
          hasMore={detail.hasMoreRuns}
          maySeeItems={rights.maySeeItems}
        />
        {children}
        <ContentSearch connectorId={detail.id} />
        <RunWatcher detail={detail} />
      </div>
      {opened}
    </>
  );
}
