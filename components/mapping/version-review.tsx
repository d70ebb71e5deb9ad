"use client";

import Link from "next/link";
import { connectorTrail } from "@/components/connectors/connector-trail";
import { ActionForm } from "@/components/shell/action-form";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import { SubmitButton } from "@/components/shell/buttons";
import { CheckField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import { counted } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { ClaimView, MappingReviewView } from "@/lib/core/mapping-view";
import type { ConnectorDetail } from "@/lib/core/view";
import { ClaimNotice } from "./claim-notice";
import { DirectoryCheck } from "./directory-check";
import { LineTable } from "./line-table";
import { VersionDifference } from "./version-difference";
import styles from "./version-review.module.css";

type Props = {
  readonly connector: Pick<ConnectorDetail, "id" | "name">;
  readonly review: MappingReviewView;
  readonly claims: readonly ClaimView[];
  /** null for somebody who may not. */
  readonly actions: { readonly apply: FormAction; readonly check: FormAction } | null;
};

/** A version beside the one in force, before anybody puts it there. */
export function VersionReview({ connector, review, claims, actions }: Props) {
  const { version, inForce, isInForce, difference } = review;
  const address = `/data-connectors/${connector.id}`;
  const bad = version.errors + (version.directory?.unknown ?? 0);
  const isEarlier = inForce !== null && version.version < inForce.version;
  return (
    <div className={page.wide}>
      <Breadcrumbs
        trail={[...connectorTrail(connector), { label: "Mapping", href: `${address}/mapping` }]}
        here={`Version ${version.version}`}
      />
      <h1 className={page.heading}>Version {version.version}</h1>
      <p className={page.lead}>
        Made <Instant at={version.createdAt} /> by {version.createdBy},{" "}
        {counted(version.entries, "line")}, used by {counted(version.runs, "run")}.
      </p>
      {version.sha256 === "" ? null : (
        <p className={page.quiet}>
          {version.fileName}, SHA-256 <span className={styles.sum}>{version.sha256}</span>
        </p>
      )}
      {isInForce ? <Notice kind="success">This version is in force.</Notice> : null}
      <ClaimNotice claims={claims} />
      {difference === null || inForce === null ? null : (
        <VersionDifference
          from={`${address}/mapping/${version.id}/difference`}
          between={[inForce.version, version.version]}
          first={difference}
        />
      )}
      {actions !== null && version.appliedAt === null ? (
        <DirectoryCheck file={version} check={actions.check} leaveOut={null} />
      ) : (
        <>
          <h2 className={page.subheading}>Lines</h2>
          <LineTable fileId={version.id} isCompared={version.directory !== null} />
        </>
      )}
      {actions === null || isInForce ? null : (
        <ActionForm action={actions.apply} className={page.form}>
          <input type="hidden" name="connectorId" value={connector.id} />
          <input type="hidden" name="fileId" value={version.id} />
          <input type="hidden" name="inForceId" value={inForce?.id ?? ""} />
          {bad > 0 ? (
            <CheckField
              name="leavesBadLinesOut"
              label="Leave the bad lines out"
              defaultChecked={version.leavesBadLinesOut}
            />
          ) : null}
          <div className={page.buttons}>
            <SubmitButton look="primary">
              {isEarlier
                ? `Go back to version ${version.version}`
                : `Put version ${version.version} in force`}
            </SubmitButton>
            <Link href={`${address}/mapping`}>Back to the mapping</Link>
          </div>
        </ActionForm>
      )}
    </div>
  );
}
