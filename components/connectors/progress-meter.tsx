"use client";

import { ProgressBar } from "@fluentui/react-components";
import { counted, formatCount, formatRemaining } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import type { ProgressView } from "@/lib/core/view";
import styles from "./progress-meter.module.css";

/** How far a run is: bar, figures, and what is left. Nothing moves while nothing is done. */
export function ProgressMeter({
  progress,
  label,
}: {
  readonly progress: ProgressView;
  readonly label: string;
}) {
  if (progress.phase === "waiting") {
    return (
      <div className={styles.meter}>
        <span className={styles.figures}>
          <Waiting nextTryAt={progress.nextTryAt} />
        </span>
      </div>
    );
  }
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

function Waiting({ nextTryAt }: Pick<ProgressView, "nextTryAt">) {
  if (nextTryAt === null) return "A run waits for its turn";
  return (
    <>
      A run is tried again <Instant at={nextTryAt} />
    </>
  );
}

/** While the archive is read, records count; from then on what reached a mailbox or was recorded as failed. */
function measure(progress: ProgressView): { part: number; whole: number | null; words: string } {
  const { phase, transferred, expected, done, total, remainingMs } = progress;
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
