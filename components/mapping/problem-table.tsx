"use client";

import { useEffect, useState } from "react";
import { KeyPager } from "@/components/shell/key-pager";
import { DataTable } from "@/components/shell/data-table";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import { TableScroller } from "@/components/shell/table-scroller";
import type { MappingProblemView } from "@/lib/core/mapping-view";
import type { PageOf } from "@/lib/core/view";
import { problemColumns } from "./problem-columns";

type Load =
  | { readonly phase: "loading" }
  | { readonly phase: "shown"; readonly problems: PageOf<MappingProblemView> }
  | { readonly phase: "broken" };

/** Errors and warnings in the order of the file, page by page. */
export function ProblemTable({ fileId }: { readonly fileId: string }) {
  const [keys, setKeys] = useState<readonly string[]>([]);
  const [load, setLoad] = useState<Load>({ phase: "loading" });
  const after = keys.at(-1) ?? "";

  useEffect(() => {
    const abort = new AbortController();
    const query = after === "" ? "" : `?after=${encodeURIComponent(after)}`;
    fetch(`/api/mapping/${fileId}/problems${query}`, { signal: abort.signal })
      .then(async (answer) => {
        if (!answer.ok) throw new Error(`Status ${answer.status}`);
        const problems = (await answer.json()) as PageOf<MappingProblemView>;
        setLoad({ phase: "shown", problems });
      })
      .catch(() => {
        if (!abort.signal.aborted) setLoad({ phase: "broken" });
      });
    return () => abort.abort();
  }, [fileId, after]);

  if (load.phase === "loading") return <p className={page.quiet}>Loading the errors.</p>;
  if (load.phase === "broken") {
    return <Notice kind="warning">The list of errors could not be loaded. Reload the page.</Notice>;
  }
  const { rows, next } = load.problems;
  return (
    <>
      <TableScroller label="Errors and warnings, scrolls sideways">
        <DataTable
          label="Errors and warnings"
          columns={problemColumns}
          rows={rows}
          keyOf={(_problem, position) => `${after} ${position}`}
          empty="No errors and no warnings."
        />
      </TableScroller>
      <KeyPager keys={keys} next={next} earlier="Earlier errors" more="More errors" go={setKeys} />
    </>
  );
}
