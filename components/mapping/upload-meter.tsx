"use client";

import { Button, ProgressBar } from "@fluentui/react-components";
import { DataTable } from "@/components/shell/data-table";
import { counted, formatBytes, formatCount, formatRemaining } from "@/components/shell/format";
import page from "@/components/shell/page.module.css";
import { TableScroller } from "@/components/shell/table-scroller";
import styles from "./mapping-picker.module.css";
import { problemColumns } from "./problem-columns";
import type { UploadState } from "./upload-state";
import type { LocalCheck } from "./use-upload";

type Props = {
  readonly state: UploadState;
  readonly check: LocalCheck;
  readonly cancel: () => void;
};

/** How far the file is, and what its lines say already: nobody waits for the end to hear of an error. */
export function UploadMeter({ state, check, cancel }: Props) {
  if (state.phase === "idle" || state.phase === "refused") return null;
  return (
    <>
      <div className={styles.meter}>
        <ProgressBar
          aria-label={`Upload of ${state.fileName}`}
          thickness="large"
          {...(state.phase === "sending" ? { value: state.sent / Math.max(state.total, 1) } : {})}
        />
        <span className={page.quiet}>{wordsOf(state, check)}</span>
        <Button size="small" onClick={cancel}>
          Cancel upload
        </Button>
        <span className={`${page.quiet} ${styles.whole}`}>{foundIn(check)}</span>
        <div role="status" className="visually-hidden">
          {state.phase === "keeping" ? "The portal keeps the lines" : "Uploading the file"}
          {check.errors > 0 ? ", errors were found" : ""}
        </div>
      </div>
      {check.problems.length > 0 ? (
        <TableScroller label="First errors and warnings, scrolls sideways">
          <DataTable
            label="First errors and warnings"
            columns={problemColumns}
            rows={check.problems}
            keyOf={(_problem, position) => String(position)}
            empty=""
          />
        </TableScroller>
      ) : null}
    </>
  );
}

function wordsOf(
  state: Exclude<UploadState, { phase: "idle" | "refused" }>,
  { lines, isDone }: LocalCheck,
): string {
  if (state.phase === "reading") return `Reading ${state.fileName}`;
  if (state.phase === "keeping")
    return `${formatBytes(state.total)} sent. The portal keeps the lines.`;
  const { sent, total, remainingMs } = state;
  const left = remainingMs === null ? "" : `, ${formatRemaining(remainingMs)} left`;
  // How many lines there are is known once all have been read here.
  const done = isDone
    ? `, about ${formatCount(Math.floor((lines * sent) / Math.max(total, 1)))} of ${counted(lines, "line")}`
    : "";
  return `${formatBytes(sent)} of ${formatBytes(total)} sent${done}${left}`;
}

function foundIn({ lines, errors, warnings, isDone }: LocalCheck): string {
  const begin = isDone
    ? `All ${counted(lines, "line")} checked`
    : `${counted(lines, "line")} checked`;
  return `${begin}: ${counted(errors, "error")}, ${counted(warnings, "warning")}.`;
}
