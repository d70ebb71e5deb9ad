"use client";

import Link from "next/link";
import { Instant } from "@/components/shell/instant";
import { type ModelColumn, modelColumn, ModelTable } from "@/components/shell/model-table";
import tables from "@/components/shell/table.module.css";
import type { ConnectorRow } from "@/lib/core/view";
import { ConnectionNotice } from "./connection-notice";
import { ProgressMeter } from "./progress-meter";
import { StatusAnnouncer } from "./status-announcer";
import { StatusWord } from "./status-word";
import { useProgress } from "./use-progress";
import { connectionTones, importTones } from "./words";

const columns: readonly ModelColumn<ConnectorRow>[] = [
  modelColumn("Name", ({ id, name }) => <Link href={`/data-connectors/${id}`}>{name}</Link>),
  modelColumn("Connection status with source", ({ status }) => (
    <StatusWord tone={connectionTones[status.connection]}>{status.connection}</StatusWord>
  )),
  modelColumn("Import status", (row) => <ImportCell row={row} />),
  modelColumn("Last import", ({ lastImportAt }) =>
    lastImportAt ? <Instant at={lastImportAt} /> : <span>None yet</span>,
  ),
  modelColumn("Next import", ({ nextImportAt }) =>
    nextImportAt ? <Instant at={nextImportAt} /> : <span>None planned</span>,
  ),
];

export function ConnectorsTable({ rows }: { readonly rows: readonly ConnectorRow[] }) {
  const { data, connection } = useProgress("/api/progress", rows);
  return (
    <>
      <ConnectionNotice connection={connection} />
      <StatusAnnouncer
        words={data.map((row) => `${row.name}: ${row.status.import}, ${row.status.connection}`)}
      />
      <div className={tables.scroller}>
        <ModelTable label="Connectors" columns={columns} rows={data} idOf={({ id }) => id} />
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
