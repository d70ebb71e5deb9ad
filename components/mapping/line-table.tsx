"use client";

import { Button, Field, Input, Select } from "@fluentui/react-components";
import { createColumnHelper, tableFeatures, useTable } from "@tanstack/react-table";
import { type ReactNode, useMemo, useState } from "react";
import { KeyPager } from "@/components/shell/key-pager";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import { TableScroller } from "@/components/shell/table-scroller";
import type { MappingLineState } from "@/lib/core/mapping-entry";
import type { MappingLineView } from "@/lib/core/mapping-view";
import { lineColumns } from "./line-columns";
import styles from "./line-table.module.css";
import { useLines } from "./use-lines";

type Props = {
  readonly fileId: string;
  /** Mailboxes were looked for, so lines can be narrowed to what was found. */
  readonly isCompared: boolean;
  /** What somebody may do with a line, for those who may. */
  readonly actionsOf?: (line: MappingLineView) => ReactNode;
};

const features = tableFeatures({});
const helper = createColumnHelper<typeof features, MappingLineView>();

const states: readonly (readonly [MappingLineState, string])[] = [
  ["good", "Good lines"],
  ["warning", "With warnings"],
  ["bad", "Bad lines"],
];
const comparedStates: readonly (readonly [MappingLineState, string])[] = [
  ["found", "Mailbox found"],
  ["withoutLicence", "Mailbox without Exchange plan"],
  ["unknownMailbox", "Mailbox unknown"],
];

/** The lines of one version of the mapping, page by page, by state, and searched. */
export function LineTable({ fileId, isCompared, actionsOf }: Props) {
  const [state, setState] = useState<MappingLineState | null>(null);
  const [typed, setTyped] = useState("");
  const [search, setSearch] = useState<string | null>(null);
  const [keys, setKeys] = useState<readonly string[]>([]);
  const load = useLines({ fileId, state, search, after: keys.at(-1) ?? null });

  const columns = useMemo(() => {
    const shown = lineColumns(isCompared).map(({ name, cell }) =>
      helper.display({ id: name, header: name, cell: ({ row }) => cell(row.original) }),
    );
    const acts = helper.display({
      id: "Change",
      header: "Change",
      cell: ({ row }) => actionsOf?.(row.original),
    });
    return helper.columns(actionsOf ? [...shown, acts] : shown);
  }, [isCompared, actionsOf]);
  const data = useMemo(() => [...(load.page?.rows ?? [])], [load.page]);
  const table = useTable({ features, columns, data, getRowId: ({ line }) => String(line) });
  const next = load.page?.next ?? null;

  return (
    <section className={page.wide} aria-label="Lines of the mapping">
      <form
        className={styles.filter}
        role="search"
        aria-label="Filter lines"
        onSubmit={(event) => {
          event.preventDefault();
          setKeys([]);
          setSearch(typed.trim() === "" ? null : typed.trim());
        }}
      >
        <Field label="Lines">
          <Select
            value={state ?? ""}
            onChange={(_event, data) => {
              setKeys([]);
              setState(stateNamed(data.value));
            }}
          >
            <option value="">All</option>
            {[...states, ...(isCompared ? comparedStates : [])].map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Number, id or mailbox">
          <Input
            type="search"
            value={typed}
            maxLength={320}
            autoComplete="off"
            onChange={(_event, data) => setTyped(data.value)}
          />
        </Field>
        <Button type="submit">Search</Button>
      </form>
      {load.isBroken ? (
        <Notice kind="warning">The lines could not be loaded. Reload the page.</Notice>
      ) : null}
      <div role="status" className="visually-hidden">
        {load.isLoading ? "Loading the lines" : `${data.length} lines shown`}
      </div>
      {load.page === null || data.length > 0 ? null : (
        <p className={tables.empty}>
          {state === null && search === null ? "No lines." : "No line matches the filter."}
        </p>
      )}
      {data.length === 0 ? null : (
        <TableScroller label="Lines of the mapping, scrolls sideways">
          <table className={tables.table} aria-label="Lines" aria-busy={load.isLoading}>
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
                    const Cell = cell.column.id === "Line" ? "th" : "td";
                    return (
                      <Cell
                        key={cell.id}
                        {...(Cell === "th" ? { scope: "row" } : { "data-label": cell.column.id })}
                      >
                        <table.FlexRender cell={cell} />
                      </Cell>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroller>
      )}
      <KeyPager keys={keys} next={next} earlier="Earlier lines" more="More lines" go={setKeys} />
    </section>
  );
}

function stateNamed(value: string): MappingLineState | null {
  return [...states, ...comparedStates].find(([state]) => state === value)?.[0] ?? null;
}
