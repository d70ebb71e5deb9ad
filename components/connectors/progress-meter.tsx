"use client";

import { ProgressBar } from "@fluentui/react-components";
import { counted, formatCount, formatRemaining } from "@/components/shell/format";
import type { ProgressView } from "@/lib/core/view";
import styles from "./progress-meter.module.css";

/** How far a run is: bar, figures, and what is left. */
export function ProgressMeter({
  progress,
  label,
}: {
  readonly progress: ProgressView;
  readonly label: string;
}) {
  const { part, whole, words } = measure(progress);
  return (
    <div className={styles.meter}>
      <ProgressBar
        aria-label={label}
        thickness="large"
        {...(whole === null || whole === 0 ? {} : { value: Math.min(part / whole, 1) })}
      />
      <span className={styles.figures}>{words}</span>
    </div>
  );
}

/** While the archive is read, records count; from then on what reached a mailbox or was recorded as failed. */
function measure(progress: ProgressView): { part: number; whole: number | null; words: string } {
  const { phase, transferred, expected, done, total, remainingMs } = progress;
  if (phase === "waiting") return { part: 0, whole: null, words: "Waiting for its turn" };
  if (phase === "transferring") {
    const of = expected === null ? "" : ` of ${formatCount(expected)}`;
    const read = `${formatCount(transferred)}${of} read`;
    const imported = total > 0 ? `, ${formatCount(done)} done` : "";
    return { part: transferred, whole: expected, words: `${read}${imported}` };
  }
  const left = remainingMs === null ? "" : `, ${formatRemaining(remainingMs)} left`;
  const words = `${formatCount(done)} of ${counted(total, "item")}${left}`;
  return { part: done, whole: total, words };
}
