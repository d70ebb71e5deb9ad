"use client";

import { ToggleButton } from "@fluentui/react-components";
import Link from "next/link";
import { useState } from "react";
import { ActionForm } from "@/components/shell/action-form";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import { SubmitButton } from "@/components/shell/buttons";
import { CheckField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import { counted, formatCount } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { ClaimView, DifferenceCounts, MappingReviewView } from "@/lib/core/mapping-view";
import type { ConnectorDetail } from "@/lib/core/view";
import { ClaimNotice } from "./claim-notice";
import { DifferenceTable } from "./difference-table";
import { DirectoryCheck } from "./directory-check";
import { LineTable } from "./line-table";
import styles from "./version-review.module.css";

type Props = {
  readonly connector: Pick<ConnectorDetail, "id" | "name">;
  readonly review: MappingReviewView;
  readonly claims: readonly ClaimView[];
  /** null for somebody who may not. */
  readonly actions: { readonly apply: FormAction; readonly check: FormAction } | null;
};

const kinds: readonly (readonly [keyof DifferenceCounts, string])[] = [
  ["added", "Added"],
  ["changed", "Changed"],
  ["removed", "Removed"],
  ["losing", "Would lose their mailbox"],
];

/** A version beside the one in force, before anybody puts it there. */
export function VersionReview({ connector: { id, name }, review, claims, actions }: Props) {
  const { version, inForce, isInForce, difference } = review;
  const [kind, setKind] = useState<keyof DifferenceCounts>(difference?.losing ? "losing" : "added");
  const address = `/data-connectors/${id}`;
  const bad = version.errors + (version.directory?.unknown ?? 0);
  const isEarlier = inForce !== null && version.version < inForce.version;
  return (
    <div className={page.wide}>
      <Breadcrumbs
        trail={[
          { label: "Data connectors", href: "/data-connectors?tab=connectors" },
          { label: name, href: address },
          { label: "Mapping", href: `${address}/mapping` },
        ]}
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
        <>
          <h2 className={page.subheading}>What would change from version {inForce.version}</h2>
          {difference.losing > 0 ? (
            <Notice kind="warning" title="People who would lose their mailbox">
              {formatCount(difference.losing)} of those removed or changed would no longer be found
              by the mapping. Where automatic user mapping is on, the email property of their items
              may still find them.
            </Notice>
          ) : null}
          <div className={page.buttons} role="group" aria-label="Which changes">
            {kinds.map(([value, word]) => (
              <ToggleButton
                key={value}
                size="small"
                checked={kind === value}
                onClick={() => setKind(value)}
              >
                {`${word}: ${formatCount(difference[value])}`}
              </ToggleButton>
            ))}
          </div>
          <DifferenceTable
            key={kind}
            from={`${address}/mapping/${version.id}/difference`}
            kind={kind}
            between={[inForce.version, version.version]}
          />
        </>
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
          <input type="hidden" name="connectorId" value={id} />
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
