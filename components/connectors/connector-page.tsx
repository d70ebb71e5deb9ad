"use client";

import type { ReactNode } from "react";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import page from "@/components/shell/page.module.css";
import type { ConnectorDetail } from "@/lib/core/view";
import { AttentionNotice } from "./attention-notice";
import { CommandBar } from "./command-bar";
import { ConnectionNotice } from "./connection-notice";
import type { ConnectorActions, ConnectorRights } from "./connector-actions";
import { ConnectorFacts } from "./connector-facts";
import { DeleteDialog } from "./delete-dialog";
import { GapNotice } from "./gap-notice";
import { RunHistory } from "./run-history";
import { RunWatcher } from "./run-watcher";
import { StatusAnnouncer } from "./status-announcer";
import { useProgress } from "./use-progress";

type Props = {
  readonly detail: ConnectorDetail;
  readonly actions: ConnectorActions;
  readonly rights: ConnectorRights;
  readonly selectedRunId: string | null;
  readonly isDeleting: boolean;
  /** One sentence of the page before, e.g. of the way back from admin consent. */
  readonly flash: ReactNode;
  /** The selected run with its items. */
  readonly children: ReactNode;
};

/** One connector, live: what it is, how it is, what it did. */
export function ConnectorPage(props: Props) {
  const { actions, rights, selectedRunId, isDeleting, flash, children } = props;
  const { data: detail, connection } = useProgress(
    `/api/progress?connector=${props.detail.id}`,
    props.detail,
  );
  const { status } = detail;
  const isDialogOpen = isDeleting && rights.mayManage;
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
        <StatusAnnouncer words={[`Import: ${status.import}`, `Connection: ${status.connection}`]} />
        <AttentionNotice detail={detail} actions={actions} rights={rights} />
        {detail.gaps.map((gap) => (
          <GapNotice
            key={gap.id}
            gap={gap}
            connectorId={detail.id}
            acknowledge={rights.mayManage ? actions.acknowledgeGap : null}
          />
        ))}
        <CommandBar detail={detail} actions={actions} rights={rights} />
        <ConnectorFacts detail={detail} />
        <RunHistory
          connectorId={detail.id}
          runs={detail.runs}
          selectedRunId={selectedRunId}
          hasMore={detail.hasMoreRuns}
        />
        {children}
        <RunWatcher runs={detail.runs} />
      </div>
      {isDialogOpen ? (
        <DeleteDialog connectorId={detail.id} name={detail.name} remove={actions.remove} />
      ) : null}
    </>
  );
}
