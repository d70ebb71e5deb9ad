"use client";

import { Button } from "@fluentui/react-components";
import { useState } from "react";
import { type Column, DataTable } from "@/components/shell/data-table";
import { formatCount } from "@/components/shell/format";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import { TableScroller } from "@/components/shell/table-scroller";
import type { LeftOutView } from "@/lib/core/coverage-view";
import styles from "./line-table.module.css";

type Props = { readonly rows: readonly LeftOutView[]; readonly hasMore: boolean };

const shown = 100;
const header = "ExternalUserId,O365UserMailbox\r\n";

/** Who would be left out, why, and the lines that would mend it, ready to be filled in. */
export function LeftOutTable({ rows, hasMore }: Props) {
  const [copied, setCopied] = useState("");
  const lines = rows.flatMap(({ csvLine }) => csvLine ?? []);
  const copy = async (text: string, what: string) => {
    const isCopied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    setCopied(isCopied ? `${what} copied` : "The browser did not let it be copied");
  };
  return (
    <>
      <h3 className={page.minor}>Left out</h3>
      <p className={page.quiet}>
        Add the prepared lines to your mapping file. Where the mailbox is missing, fill in the
        person's Microsoft 365 address.
      </p>
      <div className={page.buttons}>
        <Button size="small" onClick={() => void copy(lines.join(""), "All lines")}>
          Copy all lines
        </Button>
        <Button size="small" onClick={() => download(header + lines.join(""))}>
          Download lines as CSV
        </Button>
        <span role="status" className={page.quiet}>
          {copied}
        </span>
      </div>
      <TableScroller label="People left out, scrolls sideways">
        <DataTable
          label="People left out"
          columns={columnsWith(copy)}
          rows={rows.slice(0, shown)}
          keyOf={({ externalId, name }, position) => `${position} ${externalId} ${name}`}
          empty="Nobody is left out."
        />
      </TableScroller>
      {rows.length > shown || hasMore ? (
        <p className={page.quiet}>
          {`The first ${shown} are shown; the lines hold ${formatCount(rows.length)}`}
          {hasMore ? ", and there are more people than that." : "."}
        </p>
      ) : null}
    </>
  );
}

function columnsWith(
  copy: (text: string, what: string) => Promise<void>,
): readonly Column<LeftOutView>[] {
  return [
    {
      name: "Person",
      isRowHeader: true,
      cell: ({ name, externalId }) => (
        <>
          <div>{name}</div>
          <div className={`${page.mono} ${styles.id}`}>{externalId}</div>
        </>
      ),
    },
    { name: "Items", className: tables.number, cell: ({ items }) => formatCount(items) },
    { name: "Reason", cell: ({ reason }) => reason },
    {
      name: "Prepared line",
      cell: ({ csvLine, externalId }) =>
        csvLine === null ? null : (
          <div className={page.buttons}>
            <span className={page.mono}>{csvLine.trimEnd()}</span>
            <Button
              size="small"
              aria-label={`Copy line of ${externalId}`}
              onClick={() => void copy(csvLine, "Line")}
            >
              Copy
            </Button>
          </div>
        ),
    },
  ];
}

function download(text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "mapping-lines.csv";
  link.click();
  URL.revokeObjectURL(address);
}
