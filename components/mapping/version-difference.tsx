"use client";

import { ProgressBar, ToggleButton } from "@fluentui/react-components";
import { useState } from "react";
import { counted, formatCount, formatRemaining } from "@/components/shell/format";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { DifferenceCounts, DifferencePartView } from "@/lib/core/mapping-view";
import { DifferenceTable } from "./difference-table";
import { type Compared, useDifference } from "./use-difference";

type Props = {
  /** Where parts and pages of it are asked for. */
  readonly from: string;
  /** The numbers of the version in force and of the other one. */
  readonly between: readonly [number, number];
  readonly first: DifferencePartView;
};

const kinds: readonly (readonly [keyof DifferenceCounts, string])[] = [
  ["added", "Added"],
  ["changed", "Changed"],
  ["removed", "Removed"],
  ["losing", "Would lose their mailbox"],
];

/** What a version says otherwise than the one in force: how much, and each of it. */
export function VersionDifference({ from, between, first }: Props) {
  const compared = useDifference(from, first);
  const { counts } = compared;
  const [chosen, setKind] = useState<keyof DifferenceCounts | null>(null);
  const kind = chosen ?? (first.counts.losing > 0 ? "losing" : "added");
  return (
    <>
      <h2 className={page.subheading}>What would change from version {between[0]}</h2>
      <Comparing compared={compared} />
      {counts.losing > 0 ? (
        <Notice kind="warning" title="People who would lose their mailbox">
          {formatCount(counts.losing)} of those removed or changed would no longer be found by the
          mapping. Where automatic user mapping is on, the email property of their items may still
          find them.
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
            {`${word}: ${formatCount(counts[value])}`}
          </ToggleButton>
        ))}
      </div>
      <DifferenceTable key={kind} from={from} kind={kind} between={between} />
    </>
  );
}

function Comparing({ compared }: { readonly compared: Compared }) {
  const { state, lines, of, remainingMs } = compared;
  if (state === "done") return null;
  if (state === "broken") {
    return (
      <Notice kind="warning">
        The versions could not be compared to the end, so there may be more than is counted here.
        Reload the page.
      </Notice>
    );
  }
  const left = remainingMs === null ? "" : `, ${formatRemaining(remainingMs)} left`;
  return (
    <div role="status">
      <ProgressBar aria-label="Comparing the versions" value={lines / Math.max(of, 1)} />
      <p className={page.quiet}>
        {formatCount(lines)} of {counted(of, "line")} compared{left}. The counts below still grow.
      </p>
    </div>
  );
}
