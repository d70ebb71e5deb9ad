"use client";

import { createColumnHelper, tableFeatures, useTable } from "@tanstack/react-table";
import Link from "next/link";
import { Instant } from "@/components/shell/instant";
import tables from "@/components/shell/table.module.css";
import type { ConnectorRow } from "@/lib/core/view";
import { ConnectionNotice } from "./connection-notice";
import { ProgressMeter } from "./progress-meter";
import { StatusAnnouncer } from "./status-announcer";
import { StatusWord } from "./status-word";
import { useProgress } from "./use-progress";
import { connectionTones, importTones } from "./words";

const features = tableFeatures({});
const helper = createColumnHelper<typeof features, ConnectorRow>();

const columns = helper.columns([
  helper.accessor("name", {
    header: "Name",
    cell: ({ row }) => (
      <Link href={`/data-connectors/${row.original.id}`}>{row.original.name}</Link>
    ),
  }),
  helper.display({
    id: "connection",
    header: "Connection status with source",
    cell: ({ row: { original } }) => (
      <StatusWord tone={connectionTones[original.status.connection]}>
        {original.status.connection}
      </StatusWord>
    ),
  }),
  helper.display({
    id: "import",
    header: "Import status",
    cell: ({ row: { original } }) => <ImportCell row={original} />,
  }),
  helper.accessor("lastImportAt", {
    header: "Last import",
    cell: ({ row: { original } }) =>
      original.lastImportAt ? <Instant at={original.lastImportAt} /> : <span>None yet</span>,
  }),
  helper.accessor("nextImportAt", {
    header: "Next import",
    cell: ({ row: { original } }) =>
      original.nextImportAt ? <Instant at={original.nextImportAt} /> : <span>None planned</span>,
  }),
]);

export function ConnectorsTable({ rows }: { readonly rows: readonly ConnectorRow[] }) {
  const { data, connection } = useProgress("/api/progress", rows);
  const table = useTable({ features, columns, data, getRowId: (row) => row.id });
  return (
    <>
      <ConnectionNotice connection={connection} />
      <StatusAnnouncer
        words={data.map((row) => `${row.name}: ${row.status.import}, ${row.status.connection}`)}
      />
      <div className={tables.scroller}>
        <table className={tables.table} aria-label="Connectors">
          <thead>
            {table.getHeaderGroups().map((group) => (
              <tr key={group.id}>
                {group.headers.map((header) => (
                  <th key={header.id} scope="col">
                    <table.FlexRender header={header} />
                  </th>
                ))}
              </tr>
            ))}
          </thead>
          <tbody>
            {table.getRowModel().rows.map((row) => (
              <tr key={row.id}>
                {row.getAllCells().map((cell) => {
                  const Cell = cell.column.id === "name" ? "th" : "td";
                  return (
                    <Cell
                      key={cell.id}
                      {...(Cell === "th"
                        ? { scope: "row" }
                        : { "data-label": cell.column.columnDef.header })}
                    >
                      <table.FlexRender cell={cell} />
                    </Cell>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function ImportCell({ row }: { readonly row: ConnectorRow }) {
  const { status, progress, name } = row;
  return (
    <div>
      <StatusWord tone={importTones[status.import]}>{status.import}</StatusWord>
      {progress ? <ProgressMeter progress={progress} label={`Import of ${name}`} /> : null}
    </div>
  );
}
