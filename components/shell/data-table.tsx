import type { ReactNode } from "react";
import tables from "./table.module.css";

export type Column<Row> = {
  /** Stands above the column and, on a narrow page, beside every value. */
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  readonly className?: string | undefined;
  /** The column that names its row. */
  readonly isRowHeader?: boolean;
  /** Its name is heard and not seen, above a column of boxes or buttons. */
  readonly isQuiet?: boolean;
};

type Props<Row> = {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row, index: number) => string;
  /** Said in place of a table without rows. */
  readonly empty: string;
  readonly className?: string | undefined;
  readonly isCurrent?: (row: Row) => boolean;
};

/** A dense table whose rows become cards on a narrow page. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, columns, rows, keyOf, empty, className = "", isCurrent } = props;
  if (rows.length === 0) return <p className={tables.empty}>{empty}</p>;
  return (
    <table className={`${tables.table} ${className}`} aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} scope="col" className={column.className}>
              {column.isQuiet ? <span className={tables.unseen}>{column.name}</span> : column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={keyOf(row, index)} aria-current={isCurrent?.(row) || undefined}>
            {columns.map((column) => (
              <Cell key={column.name} column={column} row={row} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<Row>({ column, row }: { readonly column: Column<Row>; readonly row: Row }) {
  const { name, cell, className, isRowHeader, isQuiet } = column;
  if (isRowHeader) {
    return (
      <th scope="row" data-label={name} className={className}>
        <div>{cell(row)}</div>
      </th>
    );
  }
  const shown = cell(row);
  // A cell without anything in it is no line of a card; one with more than a word is one value beside its name.
  const isEmpty = shown === null || shown === "";
  return (
    <td data-label={isQuiet ? undefined : name} className={className}>
      {isEmpty ? null : <div>{shown}</div>}
    </td>
  );
}
