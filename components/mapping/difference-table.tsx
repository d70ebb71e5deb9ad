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

/** Id by id, what the version in force says and what the other one would say. */
export function DifferenceTable({ from, kind, between }: Props) {
  const [keys, setKeys] = useState<readonly string[]>([]);
  const [shown, setShown] = useState<PageOf<DifferenceView> | "broken" | null>(null);
  const after = keys.at(-1) ?? null;

  useEffect(() => {
    const abort = new AbortController();
    const headers = { "content-type": "application/json" };
    fetch(from, {
      ...{ method: "POST", headers, signal: abort.signal },
      body: JSON.stringify({ kind, after }),
    })
      .then(async (answer) => {
        if (!answer.ok) throw new Error(`Status ${answer.status}`);
        setShown((await answer.json()) as PageOf<DifferenceView>);
      })
      .catch(() => {
        if (!abort.signal.aborted) setShown("broken");
      });
    return () => abort.abort();
  }, [from, kind, after]);

  if (shown === null) return <p className={page.quiet}>Loading the difference.</p>;
  if (shown === "broken") {
    return <Notice kind="warning">The difference could not be loaded. Reload the page.</Notice>;
  }
  const { rows, next } = shown;
  return (
    <>
      <TableScroller label="Difference, scrolls sideways">
        <DataTable
          label="Difference"
          columns={columnsOf(between)}
          rows={rows}
          keyOf={({ externalId }) => externalId}
          empty="Nobody."
        />
      </TableScroller>
      <KeyPager keys={keys} next={next} earlier="Earlier" more="More" go={setKeys} />
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
