import { StatusWord } from "@/components/connectors/status-word";
import type { Column } from "@/components/shell/data-table";
import { formatCount } from "@/components/shell/format";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import type { MappingProblemView } from "@/lib/core/mapping-view";
import styles from "./line-table.module.css";

/** Where it is, what stands there, and what to do about it. */
export const problemColumns: readonly Column<MappingProblemView>[] = [
  {
    name: "Line",
    isRowHeader: true,
    className: tables.number,
    cell: ({ line }) => formatCount(line),
  },
  { name: "Column", cell: ({ column }) => column },
  {
    name: "Kind",
    cell: ({ severity }) => (
      <StatusWord tone={severity === "error" ? "bad" : "warning"}>
        {severity === "error" ? "Error" : "Warning"}
      </StatusWord>
    ),
  },
  {
    name: "Value",
    cell: ({ value }) => <div className={`${page.mono} ${styles.value}`}>{value}</div>,
  },
  { name: "What to do", cell: ({ message }) => message },
];
