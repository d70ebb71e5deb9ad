"use client";

import { Add20Regular } from "@fluentui/react-icons/svg/add";
import { ArrowDownload20Regular } from "@fluentui/react-icons/svg/arrow-download";
import { ArrowUpload20Regular } from "@fluentui/react-icons/svg/arrow-upload";
import Link from "next/link";
import { type ReactNode, useCallback } from "react";
import { ConnectionNotice } from "@/components/connectors/connection-notice";
import { connectorTrail } from "@/components/connectors/connector-trail";
import { RunWatcher } from "@/components/connectors/run-watcher";
import { useProgress } from "@/components/connectors/use-progress";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import { DownloadButton, GoButton } from "@/components/shell/buttons";
import type { FormAction } from "@/components/shell/form-state";
import page from "@/components/shell/page.module.css";
import type { ClaimView, MappingLineView, MappingVersionView } from "@/lib/core/mapping-view";
import type { ConnectorDetail, PageOf } from "@/lib/core/view";
import { ClaimNotice } from "./claim-notice";
import { type EditableLine, LineDialog, RemoveDialog } from "./line-dialog";
import { LineTable } from "./line-table";
import { ResolvingNotice } from "./resolving-notice";
import { VersionTable } from "./version-table";

type Props = {
  readonly connector: ConnectorDetail;
  readonly inForce: MappingVersionView | null;
  readonly versions: PageOf<MappingVersionView>;
  readonly claims: readonly ClaimView[];
  /** null for somebody who may not. */
  readonly actions: { readonly changeLine: FormAction; readonly removeLine: FormAction } | null;
  readonly mayExport: boolean;
  readonly act: "add" | "edit" | "remove" | null;
  readonly line: EditableLine | null;
  readonly flash: ReactNode;
};

/** The mapping in force, line by line, and every version there was. */
export function MappingPage(props: Props) {
  const { connector, inForce, versions, claims, actions, mayExport, flash } = props;
  const { data: detail, connection } = useProgress(
    `/api/progress?connector=${connector.id}`,
    connector,
  );
  const address = `/data-connectors/${connector.id}`;
  const dialog = dialogOf(props);
  const buttonsOf = useCallback(
    ({ line, externalId }: MappingLineView) =>
      externalId === null ? null : (
        <span className={page.buttons}>
          <Link href={`${address}/mapping?act=edit&line=${line}`}>Change line {line}</Link>
          <Link href={`${address}/mapping?act=remove&line=${line}`}>Remove line {line}</Link>
        </span>
      ),
    [address],
  );
  return (
    <>
      <div className={page.wide} inert={dialog !== null} aria-hidden={dialog !== null || undefined}>
        <Breadcrumbs trail={connectorTrail(connector)} here="Mapping" />
        <h1 className={page.heading}>Mapping</h1>
        {flash}
        <ConnectionNotice connection={connection} />
        <ResolvingNotice resolving={detail.resolving} />
        <ClaimNotice claims={claims} />
        <div className={page.buttons}>
          {actions === null ? null : (
            <>
              <GoButton to={`${address}/mapping/upload`} icon={<ArrowUpload20Regular />}>
                Upload a new version
              </GoButton>
              <GoButton to={`${address}/mapping?act=add`} icon={<Add20Regular />}>
                Add a line
              </GoButton>
            </>
          )}
          {mayExport && inForce !== null ? (
            <DownloadButton from={`${address}/mapping/export`} icon={<ArrowDownload20Regular />}>
              Export as CSV
            </DownloadButton>
          ) : null}
        </div>
        {inForce === null ? (
          <p className={page.lead}>
            There is no custom mapping. People are found by the email property of their items, if
            automatic user mapping is on.
          </p>
        ) : (
          <>
            <h2 className={page.subheading}>Version {inForce.version}, in force</h2>
            <LineTable
              key={inForce.id}
              fileId={inForce.id}
              isCompared={inForce.directory !== null}
              {...(actions === null ? {} : { actionsOf: buttonsOf })}
            />
          </>
        )}
        <h2 className={page.subheading}>Versions</h2>
        <VersionTable
          connectorId={connector.id}
          versions={versions.rows}
          inForceId={inForce?.id ?? null}
        />
        {versions.next === null ? null : (
          <Link href={`${address}/mapping?before=${versions.next}`}>Older versions</Link>
        )}
        <RunWatcher detail={detail} />
      </div>
      {dialog}
    </>
  );
}

function dialogOf({ connector, inForce, actions, act, line }: Props): ReactNode {
  if (actions === null || act === null) return null;
  const target = { connectorId: connector.id, inForceId: inForce?.id ?? null };
  if (act === "add") return <LineDialog {...target} line={null} save={actions.changeLine} />;
  if (line === null) return null;
  return act === "edit" ? (
    <LineDialog {...target} line={line} save={actions.changeLine} />
  ) : (
    <RemoveDialog {...target} line={line} save={actions.removeLine} />
  );
}
