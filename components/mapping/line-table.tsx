"use client";

import { Button, Field, Input, Select } from "@fluentui/react-components";
import { type ReactNode, useMemo, useState } from "react";
import { KeyPager } from "@/components/shell/key-pager";
import { modelColumn, ModelTable } from "@/components/shell/model-table";
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
  /** Which lines are looked at first. */
  readonly begin?: MappingLineState | null;
  /** What somebody may do with a line, for those who may. */
  readonly actionsOf?: (line: MappingLineView) => ReactNode;
};

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
export function LineTable({ fileId, isCompared, begin = null, actionsOf }: Props) {
  const [state, setState] = useState(begin);
  const [typed, setTyped] = useState("");
  const [search, setSearch] = useState<string | null>(null);
  const [keys, setKeys] = useState<readonly string[]>([]);
  const load = useLines({ fileId, state, search, after: keys.at(-1) ?? null });

  const columns = useMemo(() => {
    const shown = lineColumns(isCompared);
    return actionsOf ? [...shown, modelColumn("Change", actionsOf)] : shown;
  }, [isCompared, actionsOf]);
  const rows = load.page?.rows ?? [];
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
        {load.isLoading ? "Loading the lines" : `${rows.length} lines shown`}
      </div>
      {load.page === null || rows.length > 0 ? null : (
        <p className={tables.empty}>
          {state === null && search === null ? "No lines." : "No line matches the filter."}
        </p>
      )}
      {rows.length === 0 ? null : (
        <TableScroller label="Lines of the mapping, scrolls sideways">
          <ModelTable
            label="Lines"
            columns={columns}
            rows={rows}
            idOf={({ line }) => String(line)}
            isBusy={load.isLoading}
            isNumbered
          />
        </TableScroller>
      )}
      <KeyPager keys={keys} next={next} earlier="Earlier lines" more="More lines" go={setKeys} />
    </section>
  );
}

function stateNamed(value: string): MappingLineState | null {
  return [...states, ...comparedStates].find(([state]) => state === value)?.[0] ?? null;
}
