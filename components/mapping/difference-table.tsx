"use client";

import { useEffect, useState } from "react";
import { KeyPager } from "@/components/shell/key-pager";
import { type Column, DataTable } from "@/components/shell/data-table";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import { TableScroller } from "@/components/shell/table-scroller";
import type { DifferenceCounts, DifferenceView, MappingSaidView } from "@/lib/core/mapping-view";
import type { PageOf } from "@/lib/core/view";

type Props = {
  /** Where a page of it is asked for. */
  readonly from: string;
  readonly kind: keyof DifferenceCounts;
  /** The numbers of the version in force and of the other one. */
  readonly between: readonly [number, number];
};

type Shown = PageOf<DifferenceView> & {
  /** False while more of the same page is looked for. */
  readonly isWhole: boolean;
};

const enoughRows = 50;

/** Id by id, what the version in force says and what the other one would say. */
export function DifferenceTable({ from, kind, between }: Props) {
  const [keys, setKeys] = useState<readonly string[]>([]);
  const [shown, setShown] = useState<Shown | "broken" | null>(null);
  const after = keys.at(-1) ?? null;

  useEffect(() => {
    const abort = new AbortController();
    const load = async () => {
      let rows: readonly DifferenceView[] = [];
      let next: string | null = after;
      // Changes may lie far apart: what is asked for goes on until there is a page of them.
      do {
        const answer = await fetch(from, {
          ...{ method: "POST", headers: { "content-type": "application/json" } },
          ...{ signal: abort.signal, body: JSON.stringify({ kind, after: next }) },
        });
        if (!answer.ok) throw new Error(`Status ${answer.status}`);
        const part = (await answer.json()) as PageOf<DifferenceView>;
        rows = [...rows, ...part.rows];
        next = part.next;
        setShown({ rows, next, isWhole: next === null || rows.length >= enoughRows });
      } while (next !== null && rows.length < enoughRows);
    };
    load().catch(() => {
      if (!abort.signal.aborted) setShown("broken");
    });
    return () => abort.abort();
  }, [from, kind, after]);

  if (shown === null) return <p className={page.quiet}>Loading the difference.</p>;
  if (shown === "broken") {
    return <Notice kind="warning">The difference could not be loaded. Reload the page.</Notice>;
  }
  const { rows, next, isWhole } = shown;
  return (
    <>
      <TableScroller label="Difference, scrolls sideways">
        <DataTable
          label="Difference"
          columns={columnsOf(between)}
          rows={rows}
          keyOf={({ externalId }) => externalId}
          empty={isWhole ? "Nobody." : "Nobody so far."}
        />
      </TableScroller>
      {isWhole ? null : (
        <p className={page.quiet} role="status">
          Looking for more.
        </p>
      )}
      <KeyPager
        keys={keys}
        next={isWhole ? next : null}
        earlier="Earlier"
        more="More"
        go={setKeys}
      />
    </>
  );
}

function columnsOf([inForce, other]: Props["between"]): readonly Column<DifferenceView>[] {
  return [
    { name: "Number or id", isRowHeader: true, cell: ({ externalId }) => externalId },
    { name: `Version ${inForce}, in force`, cell: ({ before }) => <Said said={before} /> },
    { name: `Version ${other}`, cell: ({ after }) => <Said said={after} /> },
  ];
}

function Said({ said }: { readonly said: readonly MappingSaidView[] }) {
  if (said.length === 0) return "Not mapped";
  return said.map(({ mailboxAddress, validFrom, validTo }) => (
    <div key={`${mailboxAddress} ${validFrom} ${validTo}`}>
      {mailboxAddress}
      {validFrom === null ? "" : `, from ${validFrom.slice(0, 16).replace("T", " ")} UTC`}
      {validTo === null ? "" : `, to ${validTo.slice(0, 16).replace("T", " ")} UTC`}
    </div>
  ));
}
