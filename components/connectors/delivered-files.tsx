import Link from "next/link";
import { type Column, DataTable } from "@/components/shell/data-table";
import { formatBytes } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import { TableScroller } from "@/components/shell/table-scroller";
import type { DeliveredFileView } from "@/lib/core/view";
import { StatusWord } from "./status-word";
import { fileStates } from "./words";

const columns: readonly Column<DeliveredFileView>[] = [
  { name: "File", isRowHeader: true, cell: ({ name }) => name },
  { name: "State", cell: (file) => <FileState file={file} /> },
  { name: "Messages", className: tables.number, cell: ({ count }) => count ?? "Not\u00a0known" },
  { name: "Size", className: tables.number, cell: sizeCell },
  { name: "Zipped", cell: ({ zippedAt }) => <Instant at={zippedAt} /> },
  {
    name: "Done",
    cell: ({ doneAt }) => (doneAt === null ? "Not yet" : <Instant at={doneAt} />),
  },
];

/** On one line, however narrow its column. */
function sizeCell({ sizeBytes }: DeliveredFileView): string {
  return formatBytes(sizeBytes).replaceAll(" ", "\u00a0");
}

function FileState({ file }: { readonly file: DeliveredFileView }) {
  const { state, reason, goneAt } = file;
  const { word, tone, advice } = fileStates[state];
  return (
    <div>
      <StatusWord tone={tone}>{word}</StatusWord>
      {reason === null || state === "gone" ? null : <div>{reason}</div>}
      {advice === "" ? null : <div className={page.quiet}>{advice}</div>}
      {goneAt === null ? null : (
        <div className={page.quiet}>
          Missed since <Instant at={goneAt} />
        </div>
      )}
    </div>
  );
}

type TableProps = { readonly files: readonly DeliveredFileView[]; readonly empty: string };

export function DeliveredFileTable({ files, empty }: TableProps) {
  return (
    <TableScroller label="Delivered files, scrolls sideways">
      <DataTable
        label="Delivered files"
        columns={columns}
        rows={files}
        keyOf={({ name }) => name}
        empty={empty}
      />
    </TableScroller>
  );
}

type Props = { readonly connectorId: string; readonly files: readonly DeliveredFileView[] };

/** What was delivered as files. One that is not whole is nobody's silent loss. */
export function DeliveredFiles({ connectorId, files }: Props) {
  const open = files.filter(({ state }) => state !== "done").length;
  return (
    <section className={page.wide} aria-labelledby="delivered-files">
      <h2 id="delivered-files" className={page.subheading}>
        Delivered files
      </h2>
      {open === 0 ? null : (
        <p className={page.quiet}>
          A file that is not done is asked for again after every run for 14 days. Ask whoever
          delivers it if it stays.
        </p>
      )}
      <DeliveredFileTable files={files} empty="No file was found yet." />
      {files.length === 0 ? null : (
        <p className={page.buttons}>
          <Link href={`/data-connectors/${connectorId}/files`}>All delivered files</Link>
        </p>
      )}
    </section>
  );
}
