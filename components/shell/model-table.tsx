"use client";

import {
  type ColumnDef,
  createColumnHelper,
  type RowData,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type ReactNode, useMemo } from "react";
import tables from "./table.module.css";

const features = tableFeatures({});

export type ModelColumn<Row extends RowData> = ColumnDef<typeof features, Row>;

/** A column; the first of a table names its row. */
export function modelColumn<Row extends RowData>(
  name: string,
  cell: (row: Row) => ReactNode,
): ModelColumn<Row> {
  return createColumnHelper<typeof features, Row>().display({
    ...{ id: name, header: name },
    cell: ({ row }) => cell(row.original),
  });
}

type Props<Row extends RowData> = {
  readonly label: string;
  /** Made once: a cell of a new column is another cell, which takes the focus along. */
  readonly columns: readonly ModelColumn<Row>[];
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  readonly isBusy?: boolean;
  /** Rows are named by a number. */
  readonly isNumbered?: boolean;
};

/** A table over TanStack's row model, dressed like every other one. */
export function ModelTable<Row extends RowData>(props: Props<Row>) {
  const { label, columns, rows, idOf, isBusy, isNumbered } = props;
  const head = isNumbered ? tables.number : undefined;
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable({ features, columns, data, getRowId: idOf });
  return (
    <table className={tables.table} aria-label={label} aria-busy={isBusy}>
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header, index) => (
              <th key={header.id} scope="col" className={index === 0 ? head : undefined}>
                <table.FlexRender header={header} />
              </th>
            ))}
          </tr>
        ))}
      </thead>
      <tbody>
        {table.getRowModel().rows.map((row) => (
          <tr key={row.id}>
            {row.getAllCells().map((cell, index) => {
              const Cell = index === 0 ? "th" : "td";
              return (
                <Cell
                  key={cell.id}
                  className={index === 0 ? head : undefined}
                  scope={index === 0 ? "row" : undefined}
                  data-label={cell.column.id}
                >
                  <table.FlexRender cell={cell} />
                </Cell>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
