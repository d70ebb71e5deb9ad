"use client";

import { type Column, DataTable } from "@/components/shell/data-table";
import { Instant } from "@/components/shell/instant";
import { auditActions, isAuditAction } from "@/lib/core/audit-actions";
import type { AuditRow } from "@/lib/core/view";
import styles from "./audit-page.module.css";

const columns: readonly Column<AuditRow>[] = [
  {
    name: "Event",
    isRowHeader: true,
    cell: ({ sequence, hash }) => <span title={`Hash ${hash}`}>{sequence}</span>,
  },
  { name: "When", cell: ({ at }) => <Instant at={at} /> },
  { name: "Who", cell: ({ actorName }) => actorName },
  {
    name: "What",
    cell: ({ action }) => (
      <>
        {isAuditAction(action) ? auditActions[action] : null}
        <span className={styles.action}>{action}</span>
      </>
    ),
  },
  { name: "Of what", cell: ({ subjectName, subject }) => subjectName ?? subject },
  { name: "Details", cell: ({ details }) => <Details details={details} /> },
];

export function AuditTable({ rows }: { readonly rows: readonly AuditRow[] }) {
  return (
    <DataTable
      label="Audit events"
      columns={columns}
      rows={rows}
      keyOf={({ sequence }) => sequence}
      empty="No event matches the filter."
    />
  );
}

function Details({ details }: { readonly details: AuditRow["details"] }) {
  const entries = Object.entries(details);
  if (entries.length === 0) return null;
  return (
    <dl className={styles.details}>
      {entries.map(([name, value]) => (
        <div key={name} className={styles.detail}>
          <dt>{name}</dt>
          <dd>{shown(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function shown(value: AuditRow["details"][string]): string {
  if (value === null) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
