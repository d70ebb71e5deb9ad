/** Versions of the custom mapping, written and compared by the set: files have up to a million lines. */
import type { MappingEntry, MappingProblem } from "@/lib/core/mapping";
import { storable } from "@/lib/core/text";
import type { MappingFileRecord } from "@/lib/ports/mapping-records";
import type { MappingTable } from "@/lib/ports/portal-store";
import type { Prisma, Sql } from "./client";
import { checkMailboxes, compareEntries } from "./mapping-checks";
import { selectLines } from "./mapping-lines";
import { insertRow, updateRow } from "./rows";
import { fromColumn } from "./words";

export function mappingsOn(sql: Sql, prisma: Prisma): MappingTable {
  return {
    async begin(tenantId, file) {
      await sql.query(
        `DELETE FROM "MappingFile" WHERE "tenantId" = $1 AND "createdById" = $2
           AND ("state" = 'UPLOADING' OR ("state" = 'REFUSED' AND "connectorId" IS NULL))
           AND "createdAt" < $3::timestamptz - interval '1 hour'`,
        [tenantId, file.createdById, file.createdAt],
      );
      const fileName = storable(file.fileName);
      await insertRow(sql, "MappingFile", { tenantId, ...file, fileName, ignoredColumns: [] });
    },
    async addEntries(tenantId, fileId, entries) {
      await addEntries(sql, tenantId, fileId, entries);
    },
    async addProblems(tenantId, fileId, firstPosition, problems) {
      await addProblems(sql, tenantId, fileId, firstPosition, problems);
    },
    async takeBack(tenantId, fileId, isRefused) {
      await sql.query(
        `DELETE FROM "MappingEntry" e USING "MappingProblem" p
         WHERE e."tenantId" = $1 AND e."mappingFileId" = $2 AND p."tenantId" = $1
           AND p."mappingFileId" = $2 AND p."isError" AND ($3::bool OR p."line" = e."line")`,
        [tenantId, fileId, isRefused],
      );
    },
    async finish(tenantId, fileId, { check, isRefused, version }) {
      const { lines, entries, people, numbers, otherIds, errors, warnings } = check;
      await updateRow(
        sql,
        "MappingFile",
        { tenantId, id: fileId },
        {
          ...{ lines, entries, people, numbers, otherIds, errors, warnings, version },
          ignoredColumns: check.ignoredColumns.map(storable),
          state: isRefused ? "REFUSED" : "CHECKED",
        },
      );
    },
    async remove(tenantId, fileId) {
      await sql.query(`DELETE FROM "MappingFile" WHERE "tenantId" = $1 AND "id" = $2`, [
        tenantId,
        fileId,
      ]);
    },
    async find(tenantId, fileId) {
      const [row] = await sql.query<MappingFileRecord>(
        `SELECT f.*, u."name" AS "createdByName" FROM "MappingFile" f
         LEFT JOIN "User" u ON u."tenantId" = f."tenantId" AND u."id" = f."createdById"
         WHERE f."tenantId" = $1 AND f."id" = $2`,
        [tenantId, fileId],
      );
      return row === undefined ? null : { ...row, state: fromColumn(row.state) };
    },
    async nextVersion(tenantId, connectorId) {
      const [row] = await sql.query<{ version: number }>(
        `SELECT coalesce(max("version"), 0) + 1 AS "version" FROM "MappingFile"
         WHERE "tenantId" = $1 AND "connectorId" = $2`,
        [tenantId, connectorId],
      );
      return row?.version ?? 1;
    },
    async giveToConnector(tenantId, id, connectorId, { at, byId }) {
      const given = { connectorId, version: 1, appliedAt: at, appliedById: byId };
      await updateRow(sql, "MappingFile", { tenantId, id }, given);
    },
    async setLeavesBadLinesOut(tenantId, id, leavesBadLinesOut) {
      const changed = await sql.query(
        `UPDATE "MappingFile" SET "leavesBadLinesOut" = $3
         WHERE "tenantId" = $1 AND "id" = $2 AND "leavesBadLinesOut" <> $3 RETURNING 1`,
        [tenantId, id, leavesBadLinesOut],
      );
      return changed.length > 0;
    },
    async compare(tenantId, fileId, previousId) {
      return compareEntries(sql, tenantId, fileId, previousId);
    },
    async problems(tenantId, mappingFileId, after, limit) {
      const rows = await prisma.mappingProblem.findMany({
        where: { tenantId, mappingFileId, position: { gt: after } },
        orderBy: { position: "asc" },
        take: limit,
      });
      return rows.map(({ position, line, column, isError, value, message }) => {
        return { position, line, column, severity: isError ? "error" : "warning", value, message };
      });
    },
    async lines(tenantId, fileId, which) {
      return selectLines(sql, tenantId, fileId, which);
    },
    async checkAgainstDirectory(tenantId, fileId, at) {
      await checkMailboxes(sql, tenantId, fileId, at);
    },
  };
}

async function addEntries(
  sql: Sql,
  tenantId: string,
  fileId: string,
  entries: readonly MappingEntry[],
): Promise<void> {
  await sql.query(
    `INSERT INTO "MappingEntry" ("tenantId", "mappingFileId", "line", "externalId", "writtenAs",
       "mailboxAddress", "validFrom", "validTo")
     SELECT $1, $2, e."line", coalesce(e."externalId", e."writtenAs"), e."writtenAs", e."mailboxAddress",
       e."validFrom", e."validTo"
     FROM unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])
       AS e("line", "externalId", "writtenAs", "mailboxAddress", "validFrom", "validTo")`,
    [
      tenantId,
      fileId,
      entries.map(({ line }) => line),
      unlessEmpty(
        entries.map(({ externalId, writtenAs }) => {
          return externalId === writtenAs ? null : storable(externalId);
        }),
      ),
      entries.map(({ writtenAs }) => storable(writtenAs)),
      entries.map(({ mailboxAddress }) => storable(mailboxAddress)),
      unlessEmpty(entries.map(({ validFrom }) => validFrom?.toISOString() ?? null)),
      unlessEmpty(entries.map(({ validTo }) => validTo?.toISOString() ?? null)),
    ],
  );
}

/** What no line has is not sent; unnest fills up with NULL. */
function unlessEmpty(values: readonly (string | null)[]): readonly (string | null)[] | null {
  return values.every((value) => value === null) ? null : values;
}

async function addProblems(
  sql: Sql,
  tenantId: string,
  fileId: string,
  firstPosition: number,
  problems: readonly MappingProblem[],
): Promise<void> {
  await sql.query(
    `INSERT INTO "MappingProblem" ("tenantId", "mappingFileId", "position", "line", "column",
       "isError", "value", "message")
     SELECT $1, $2, p.* FROM unnest($3::int[], $4::int[], $5::text[], $6::bool[], $7::text[],
       $8::text[]) AS p`,
    [
      tenantId,
      fileId,
      problems.map((_, index) => firstPosition + index),
      problems.map(({ line }) => line),
      problems.map(({ column }) => storable(column)),
      problems.map(({ severity }) => severity === "error"),
      problems.map(({ value }) => storable(value)),
      problems.map(({ message }) => storable(message)),
    ],
  );
}
