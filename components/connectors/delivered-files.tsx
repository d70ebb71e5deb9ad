import { type Column, DataTable } from "@/components/shell/data-table";
import { formatBytes } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import { TableScroller } from "@/components/shell/table-scroller";
import type { DeliveredFileView } from "@/lib/core/view";

const states: Record<DeliveredFileView["state"], string> = {
  seen: "Found, not read yet",
  waiting: "Waiting: it is still being written",
  refused: "Left alone",
  done: "Done",
};

const columns: readonly Column<DeliveredFileView>[] = [
  { name: "File", isRowHeader: true, cell: ({ name }) => name },
  { name: "State", cell: stateCell },
  { name: "Messages", cell: ({ count }) => count },
  { name: "Size", cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
  { name: "Zipped", cell: ({ zippedAt }) => <Instant at={zippedAt} /> },
  { name: "Done", cell: ({ doneAt }) => (doneAt === null ? null : <Instant at={doneAt} />) },
];

function stateCell({ state, reason }: DeliveredFileView) {
  return reason === null ? states[state] : `${states[state]}: ${reason}`;
}

/** What was delivered as files. One that is not whole is nobody's silent loss. */
export function DeliveredFiles({ files }: { readonly files: readonly DeliveredFileView[] }) {
  const open = files.filter(({ state }) => state !== "done").length;
  return (
    <section className={page.wide} aria-labelledby="delivered-files">
      <h2 id="delivered-files" className={page.subheading}>
        Delivered files
      </h2>
      {open === 0 ? null : (
        <p>
          A file that is not done is asked for again after every run for 14 days. Ask whoever
          delivers it if it stays.
        </p>
      )}
      <TableScroller label="Delivered files, scrolls sideways">
        <DataTable
          label="Delivered files"
          columns={columns}
          rows={files}
          keyOf={({ name }) => name}
          empty="No file was found yet."
        />
      </TableScroller>
    </section>
  );
}
