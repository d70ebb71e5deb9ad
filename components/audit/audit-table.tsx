"use client";

import { Instant } from "@/components/shell/instant";
import tables from "@/components/shell/table.module.css";
import { auditActions, isAuditAction } from "@/lib/core/audit-actions";
import type { AuditRow } from "@/lib/core/view";
import styles from "./audit-page.module.css";

const columns = ["Event", "When", "Who", "What", "Of what", "Details"];

export function AuditTable({ rows }: { readonly rows: readonly AuditRow[] }) {
  if (rows.length === 0) return <p className={tables.empty}>No event matches the filter.</p>;
  return (
    <table className={tables.table} aria-label="Audit events">
      <thead>
        <tr>
          {columns.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.sequence}>
            <th scope="row">
              <span title={`Hash ${row.hash}`}>{row.sequence}</span>
            </th>
            <td data-label="When">
              <Instant at={row.at} />
            </td>
            <td data-label="Who">{row.actorName}</td>
            <td data-label="What">
              {isAuditAction(row.action) ? auditActions[row.action] : null}
              <span className={styles.action}>{row.action}</span>
            </td>
            <td data-label="Of what">{row.subjectName ?? row.subject}</td>
            <td data-label="Details">
              <Details details={row.details} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
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
          <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
