/** The tenant's hash chain: appended under the tenant row's lock, inside the transaction of the change. */
import { auditDetails, linkAfter, type AuditHead, type ChainedEvent } from "@/lib/core/audit";
import { storable } from "@/lib/core/text";
import type { AuditTable, NewAuditEvent } from "@/lib/ports/portal-ledger";
import type { AuditRecord } from "@/lib/ports/portal-records";
import type { Sql } from "./client";
import { insertRow } from "./rows";

/**
 * For the end of a transaction: everybody else who appends waits until it ends. The lock is the one
 * an UPDATE takes; FOR UPDATE would collide with every row that refers to the tenant and deadlock.
 */
export async function appendAudit(
  sql: Sql,
  event: NewAuditEvent & { readonly tenantId: string },
): Promise<bigint> {
  const { tenantId, actor, action, subject, details, at } = event;
  const head = (await lockHead(sql, tenantId)) ?? (await makeTenant(sql, tenantId));
  const link = linkAfter(head, {
    tenantId,
    at,
    actor: { id: storable(actor.id), name: storable(actor.name) },
    action,
    subject: storable(subject),
    details: auditDetails(details),
  });
  await insertRow(sql, "AuditEvent", {
    tenantId,
    sequence: link.sequence.toString(),
    previousSequence: head.sequence === 0n ? null : head.sequence.toString(),
    at: link.at,
    actorId: link.actor.id,
    actorName: link.actor.name,
    action: link.action,
    subject: link.subject,
    details: link.details,
    previousHash: link.previousHash,
    hash: link.hash,
  });
  await sql.query(`UPDATE "Tenant" SET "auditSequence" = $2, "auditHash" = $3 WHERE id = $1`, [
    tenantId,
    link.sequence.toString(),
    link.hash,
  ]);
  return link.sequence;
}

export function auditOn(sql: Sql): AuditTable {
  return {
    append: (tenantId, event) => appendAudit(sql, { ...event, tenantId }),
    async find(tenantId, sequence) {
      const [row] = await sql.query<Row>(
        `SELECT * FROM "AuditEvent" WHERE "tenantId" = $1 AND "sequence" = $2`,
        [tenantId, text(sequence)],
      );
      return row === undefined ? null : toRecord({ ...row, subjectName: null });
    },
    async page(tenantId, filter, before, limit) {
      const rows = await sql.query<Row & { subjectName: string | null }>(
        `SELECT e.*, coalesce(c."name", u."name") AS "subjectName"
         FROM "AuditEvent" e
         LEFT JOIN "Connector" c ON c."tenantId" = e."tenantId"
           AND e."subject" = 'connector:' || c."id"
         LEFT JOIN "User" u ON u."tenantId" = e."tenantId" AND e."subject" = 'user:' || u."id"
         WHERE e."tenantId" = $1
           AND ($2::text IS NULL OR e."actorId" = $2)
           AND ($3::text IS NULL OR e."subject" = $3)
           AND ($4::timestamptz IS NULL OR e."at" >= $4)
           AND ($5::timestamptz IS NULL OR e."at" < $5)
           AND ($6::bigint IS NULL OR e."sequence" < $6)
         ORDER BY e."sequence" DESC LIMIT $7`,
        [tenantId, filter.actorId, filter.subject, filter.from, filter.to, text(before), limit],
      );
      return rows.map(toRecord);
    },
    async actionsSince(tenantId, subject, version) {
      const rows = await sql.query<{ action: string }>(
        `SELECT "action" FROM "AuditEvent"
         WHERE "tenantId" = $1 AND "subject" = $2 AND ("details"::jsonb ->> 'version')::int > $3
         ORDER BY "sequence"`,
        [tenantId, subject, version],
      );
      return rows.map(({ action }) => action);
    },
    async facets(tenantId) {
      const people = await sql.query<{ id: string; name: string }>(
        `SELECT DISTINCT ON ("actorId") "actorId" AS id, "actorName" AS name
         FROM "AuditEvent" WHERE "tenantId" = $1 ORDER BY "actorId", "sequence" DESC`,
        [tenantId],
      );
      const connectors = await sql.query<{ id: string; name: string }>(
        `SELECT "id", "name" FROM "Connector" WHERE "tenantId" = $1 ORDER BY "name", "id"`,
        [tenantId],
      );
      return { people: people.toSorted((a, b) => a.name.localeCompare(b.name)), connectors };
    },
    async head(tenantId) {
      const [row] = await sql.query<HeadRow>(
        `SELECT "auditSequence", "auditHash" FROM "Tenant" WHERE "id" = $1`,
        [tenantId],
      );
      return row === undefined ? { sequence: 0n, hash: "" } : toHead(row);
    },
    async *chain(tenantId, upTo) {
      let after = 0n;
      for (;;) {
        const rows = await sql.query<Row>(
          `SELECT * FROM "AuditEvent"
           WHERE "tenantId" = $1 AND "sequence" > $2 AND "sequence" <= $3
           ORDER BY "sequence" LIMIT 1000`,
          [tenantId, text(after), text(upTo)],
        );
        yield* rows.map(toLink);
        const last = rows.at(-1);
        if (last === undefined) return;
        after = BigInt(last.sequence);
      }
    },
  };
}

type HeadRow = { readonly auditSequence: string; readonly auditHash: string };

async function lockHead(sql: Sql, tenantId: string): Promise<AuditHead | null> {
  const [row] = await sql.query<HeadRow>(
    `SELECT "auditSequence", "auditHash" FROM "Tenant" WHERE "id" = $1 FOR NO KEY UPDATE`,
    [tenantId],
  );
  return row === undefined ? null : toHead(row);
}

/** The first event of all. */
async function makeTenant(sql: Sql, tenantId: string): Promise<AuditHead> {
  await insertRow(sql, "Tenant", { id: tenantId }, "ON CONFLICT DO NOTHING");
  return (await lockHead(sql, tenantId)) ?? { sequence: 0n, hash: "" };
}

function toHead({ auditSequence, auditHash }: HeadRow): AuditHead {
  return { sequence: BigInt(auditSequence), hash: auditHash };
}

type Row = {
  readonly tenantId: string;
  readonly sequence: string;
  readonly at: Date;
  readonly actorId: string;
  readonly actorName: string;
  readonly action: string;
  readonly subject: string;
  readonly details: string;
  readonly previousHash: string;
  readonly hash: string;
};

function toRecord(row: Row & { subjectName: string | null }): AuditRecord {
  const { at, actorId, actorName, action, subject, subjectName, details, hash } = row;
  const sequence = BigInt(row.sequence);
  return { sequence, at, actorId, actorName, action, subject, subjectName, details, hash };
}

function toLink(row: Row): ChainedEvent {
  const { tenantId, at, action, subject, details, previousHash, hash } = row;
  const actor = { id: row.actorId, name: row.actorName };
  const sequence = BigInt(row.sequence);
  return { tenantId, sequence, at, actor, action, subject, details, previousHash, hash };
}

function text(value: bigint | null): string | null {
  return value === null ? null : value.toString();
}
