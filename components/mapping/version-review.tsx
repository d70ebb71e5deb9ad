"use client";

import { useState } from "react";
import { ActionForm } from "@/components/shell/action-form";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import { GoButton, SubmitButton } from "@/components/shell/buttons";
import { CheckField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import { formatCount } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { ClaimView, DifferenceCounts, MappingReviewView } from "@/lib/core/mapping-view";
import type { ConnectorDetail } from "@/lib/core/view";
import { ClaimNotice } from "./claim-notice";
import { DifferenceTable } from "./difference-table";

type Props = {
  readonly connector: Pick<ConnectorDetail, "id" | "name">;
  readonly review: MappingReviewView;
  readonly claims: readonly ClaimView[];
  /** null for somebody who may not. */
  readonly apply: FormAction | null;
};

const kinds: readonly (readonly [keyof DifferenceCounts, string])[] = [
  ["added", "Added"],
  ["changed", "Changed"],
  ["removed", "Removed"],
  ["losing", "Would lose their mailbox"],
];

/** A version beside the one in force, before anybody puts it there. */
export function VersionReview({ connector: { id, name }, review, claims, apply }: Props) {
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
        {formatCount(version.entries)} lines, used by {formatCount(version.runs)} runs.
        {version.sha256 === "" ? "" : ` SHA-256 of the file: ${version.sha256}`}
      </p>
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
              <button
                key={value}
                type="button"
                aria-pressed={kind === value}
                onClick={() => setKind(value)}
              >
                {word}: {formatCount(difference[value])}
              </button>
            ))}
          </div>
          <DifferenceTable
            key={kind}
            from={`${address}/mapping/${version.id}/difference`}
            kind={kind}
          />
        </>
      )}
      {apply === null || isInForce ? null : (
        <ActionForm action={apply} className={page.form}>
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
          </div>
        </ActionForm>
      )}
      <GoButton to={`${address}/mapping`}>Back to the mapping</GoButton>
    </div>
  );
}
