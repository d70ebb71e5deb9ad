"use client";

import Link from "next/link";
import { formatCount } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import type { CountersView, RunView } from "@/lib/core/view";
import { ProgressMeter } from "./progress-meter";
import styles from "./run-history.module.css";
import { StatusWord } from "./status-word";
import { runKinds, runStates } from "./words";

type Props = {
  readonly connectorId: string;
  readonly runs: readonly RunView[];
  readonly selectedRunId: string | null;
  readonly hasMore: boolean;
};

/** Microsoft's names of the counters, in the order in which items pass them. */
const counters: readonly (readonly [keyof CountersView, string])[] = [
  ["availableFromSource", "Items available from source"],
  ["availableForImport", "Items available for import"],
  ["imported", "Items imported"],
  ["partiallyImported", "Items partially imported"],
  ["skipped", "Items skipped"],
  ["failed", "Items failed"],
  ["open", "Items open"],
];

export function RunHistory({ connectorId, runs, selectedRunId, hasMore }: Props) {
  return (
    <section className={page.wide} aria-labelledby="runs">
      <h2 id="runs" className={page.subheading}>
        Run history
      </h2>
      {runs.length === 0 ? (
        <p className={page.quiet}>No run yet. The first one starts within seconds.</p>
      ) : (
        <div className={tables.scroller}>
          <RunTable connectorId={connectorId} runs={runs} selectedRunId={selectedRunId} />
        </div>
      )}
      {hasMore ? (
        <p className={page.quiet}>
          <Link href={`/data-connectors/${connectorId}/runs`}>All runs</Link>
        </p>
      ) : null}
    </section>
  );
}

export function RunTable({ connectorId, runs, selectedRunId }: Omit<Props, "hasMore">) {
  return (
    <table className={`${tables.table} ${styles.runs}`} aria-label="Run history">
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col">State</th>
          {counters.map(([key, name]) => (
            <th key={key} scope="col" className={tables.number}>
              {name}
            </th>
          ))}
          <th scope="col">Completed</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id} aria-current={run.id === selectedRunId || undefined}>
            <th scope="row">
              <div>
                <Link href={`/data-connectors/${connectorId}?run=${run.id}`} scroll={false}>
                  <Instant at={run.windowEnd} />
                </Link>
                <div className={page.quiet}>{runKinds[run.kind]}</div>
              </div>
            </th>
            <td data-label="State">
              <RunState run={run} />
            </td>
            {counters.map(([key, name]) => (
              <td key={key} data-label={name} className={tables.number}>
                {formatCount(run.counters[key])}
              </td>
            ))}
            <td data-label="Completed">
              {run.closedAt ? <Instant at={run.closedAt} /> : <span>Not yet</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RunState({ run }: { readonly run: RunView }) {
  const { word, tone } = runStates[run.state];
  return (
    <div>
      <StatusWord tone={tone}>{word}</StatusWord>
      {run.progress && run.progress.phase !== "waiting" ? (
        <ProgressMeter progress={run.progress} label={word} />
      ) : null}
      {run.notBefore && run.state === "queued" ? (
        <div className={page.quiet}>
          Next try: <Instant at={run.notBefore} />
        </div>
      ) : null}
    </div>
  );
}
