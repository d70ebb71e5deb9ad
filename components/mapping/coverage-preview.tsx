"use client";

import { Button, ProgressBar } from "@fluentui/react-components";
import { counted, formatCount } from "@/components/shell/format";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { CoverageCounts, CoverageView } from "@/lib/core/coverage-view";
import { LeftOutTable } from "./left-out-table";
import styles from "./mapping-picker.module.css";
import { useCoverage } from "./use-coverage";

/** Asks TeleMessage and the directory who would be covered, before anything is imported. */
export function CoveragePreview() {
  const { state, start, cancel } = useCoverage();
  return (
    <section className={page.wide} aria-labelledby="coverage">
      <h2 id="coverage" className={page.subheading}>
        Who would be covered
      </h2>
      <p className={page.quiet}>
        Asks TeleMessage for its registered users and for the items of the last 7 days, 10,000 at
        most, and finds their mailboxes as an import would. Nothing is imported and nothing changes.
      </p>
      {state.phase === "looking" ? (
        <div className={styles.meter}>
          <ProgressBar aria-label="Coverage preview" thickness="large" />
          <span className={page.quiet}>
            {counted(state.people, "person", "people")} and {counted(state.items, "item")} so far
            {state.day === null ? "" : `, back to ${state.day.slice(0, 10)}`}
          </span>
          <Button size="small" onClick={cancel}>
            Cancel preview
          </Button>
        </div>
      ) : (
        <div className={page.buttons}>
          <Button onClick={() => void start()}>
            {state.phase === "done" ? "Preview again" : "Preview coverage"}
          </Button>
        </div>
      )}
      <div role="status" className="visually-hidden">
        {state.phase === "looking" ? "The preview is being made" : ""}
        {state.phase === "done" ? "The preview is done" : ""}
      </div>
      {state.phase === "refused" ? <Notice kind="refusal">{state.message}</Notice> : null}
      {state.phase === "done" ? <Result result={state.result} /> : null}
    </section>
  );
}

function Result({ result }: { readonly result: CoverageView }) {
  const { people, items, unreadable, reachingOthers, leftOut } = result;
  const { knowsPeople } = result;
  const isWhole = people.leftOut === 0 && items.leftOut === 0 && unreadable === 0;
  return (
    <div className={page.wide} role="group" aria-label="Coverage">
      <Notice kind={isWhole ? "success" : "warning"}>
        {sumOf(people, "person", "people")}; {sumOf(items, "item", "items")}. {spanOf(result)}
      </Notice>
      <dl className={page.facts}>
        <Counts name="People" counts={people} />
        <Counts name="Items" counts={items} />
      </dl>
      {knowsPeople ? null : (
        <p className={page.quiet}>
          A delivery by SFTP names nobody who has written nothing: people are those the items name.
        </p>
      )}
      {reachingOthers > 0 ? (
        <p className={page.quiet}>
          Of the items left out {formatCount(reachingOthers)} still reach the mailboxes of others
          who took part.
        </p>
      ) : null}
      {unreadable > 0 ? (
        <p className={page.quiet}>
          {counted(unreadable, "record")} cannot be read; they would stand under Not imported.
        </p>
      ) : null}
      {leftOut.length > 0 ? <LeftOutTable rows={leftOut} hasMore={result.hasMoreLeftOut} /> : null}
    </div>
  );
}

function sumOf(
  { customMapping, emailProperty, leftOut }: CoverageCounts,
  one: string,
  many: string,
) {
  const covered = customMapping + emailProperty;
  return `${formatCount(covered)} of ${counted(covered + leftOut, one, many)} would be imported`;
}

function spanOf({ days, isCut }: CoverageView): string {
  const looked = days === 1 ? "Looked at the last day" : `Looked at the last ${days} days`;
  return isCut ? `${looked}, as far as the newest 10,000 items reach.` : `${looked}.`;
}

function Counts({ name, counts }: { readonly name: string; readonly counts: CoverageCounts }) {
  const rows = [
    [`${name} by custom mapping`, counts.customMapping],
    [`${name} by e-mail property`, counts.emailProperty],
    [`${name} left out`, counts.leftOut],
  ] as const;
  return rows.map(([word, count]) => (
    <div key={word}>
      <dt>{word}</dt>
      <dd>{formatCount(count)}</dd>
    </div>
  ));
}
