"use client";

import Link from "next/link";
import { type Column, DataTable } from "@/components/shell/data-table";
import { formatCount } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import type { RunCounters } from "@/lib/core/run";
import type { RunView } from "@/lib/core/view";
import { ProgressMeter } from "./progress-meter";
import styles from "./run-history.module.css";
import { StatusWord } from "./status-word";
import { runKinds, runStates } from "./words";

type Props = {
  readonly connectorId: string;
  readonly runs: readonly RunView[];
  readonly selectedRunId: string | null;
  readonly hasMore: boolean;
  readonly maySeeItems: boolean;
};

/** Microsoft's names of the counters, in the order in which items pass them. */
const counters: readonly (readonly [keyof RunCounters, string])[] = [
  ["availableFromSource", "Items available from source"],
  ["availableForImport", "Items available for import"],
  ["imported", "Items imported"],
  ["partiallyImported", "Items partially imported"],
  ["skipped", "Items skipped"],
  ["failed", "Items failed"],
  ["open", "Items open"],
];

export function RunHistory({ connectorId, runs, selectedRunId, hasMore, maySeeItems }: Props) {
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
      <p className={page.buttons}>
        {hasMore ? <Link href={`/data-connectors/${connectorId}/runs`}>All runs</Link> : null}
        {maySeeItems ? (
          <Link href={`/data-connectors/${connectorId}/not-imported`}>
            Not imported, over all runs
          </Link>
        ) : null}
      </p>
    </section>
  );
}

type TableProps = Omit<Props, "hasMore" | "maySeeItems"> & { readonly empty?: string };

export function RunTable({ connectorId, runs, selectedRunId, empty = "" }: TableProps) {
  return (
    <DataTable
      label="Run history"
      className={styles.runs}
      columns={[runColumn(connectorId), ...columns]}
      rows={runs}
      keyOf={({ id }) => id}
      empty={empty}
      isCurrent={({ id }) => id === selectedRunId}
    />
  );
}

function runColumn(connectorId: string): Column<RunView> {
  return {
    name: "Run",
    isRowHeader: true,
    className: tables.plain,
    cell: (run) => (
      <>
        <Link href={`/data-connectors/${connectorId}?run=${run.id}`} scroll={false}>
          <Instant at={run.windowEnd} />
        </Link>
        <div className={page.quiet}>{runKinds[run.kind]}</div>
        {run.kind === "backfill" ? (
          <div className={page.quiet}>
            From <Instant at={run.windowStart} />
          </div>
        ) : null}
        {run.alreadyRecorded > 0 ? (
          <div className={page.quiet}>Already recorded: {formatCount(run.alreadyRecorded)}</div>
        ) : null}
      </>
    ),
  };
}

const columns: readonly Column<RunView>[] = [
  { name: "State", cell: (run) => <RunState run={run} /> },
  ...counters.map(([key, name]) => ({
    name,
    className: tables.number,
    cell: (run: RunView) => formatCount(run.counters[key]),
  })),
  {
    name: "Completed",
    cell: ({ closedAt }) => (closedAt ? <Instant at={closedAt} /> : <span>Not yet</span>),
  },
];

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
