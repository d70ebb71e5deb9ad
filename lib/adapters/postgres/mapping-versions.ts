/** Versions of a connector's mapping: listed, made from one another, put in force. */
import { isPhoneNumber } from "@/lib/core/external-id";
import type { MappingEntry } from "@/lib/core/mapping";
import { storable } from "@/lib/core/text";
import type { MappingVersionRecord, MappingVersionTable } from "@/lib/ports/mapping-version-store";
import type { Sql } from "./client";
import { claimsOn } from "./mapping-claims";
import { differencesOn } from "./mapping-differences";
import { ofVersion } from "./mapping-editions";
import { insertRow, updateRow } from "./rows";
import { nextChangedAt } from "./rules-in-force";
import { unmappedOn } from "./unmapped";
import { fromColumn, toColumn } from "./words";

const columnsOfEntry = `e."line", e."externalId", e."writtenAs", e."mailboxAddress", e."validFrom", e."validTo"`;

export function mappingVersionsOn(sql: Sql): MappingVersionTable {
  return {
    ...differencesOn(sql),
    ...claimsOn(sql),
    ...unmappedOn(sql),
    versions: (tenantId, connectorId, before, limit) =>
      selectVersions(
        sql,
        `f."connectorId" = $2 AND f."version" > 0 AND ($3::int IS NULL OR f."version" < $3)
         ORDER BY f."version" DESC LIMIT $4`,
        [tenantId, connectorId, before, limit],
      ),
    async version(tenantId, fileId) {
      const [found] = await selectVersions(sql, `f."id" = $2`, [tenantId, fileId]);
      return found ?? null;
    },
    async makeEdition(tenantId, { id, basedOnId, origin, byId, at }) {
      const [made] = await sql.query<Made>(
        `INSERT INTO "MappingFile" ("tenantId", "id", "connectorId", "version", "state", "fileName", "sha256",
           "sizeBytes", "defaultCountry", "lines", "entries", "people", "numbers", "otherIds", "ignoredColumns",
           "origin", "stockId", "edition", "basedOnId", "createdById", "createdAt")
         SELECT b."tenantId", $3, b."connectorId", n."version", 'CHECKED', b."fileName", '', 0, b."defaultCountry",
           b."entries", b."entries", b."people", b."numbers", b."otherIds", '{}', $4::"MappingOrigin", s."id",
           n."edition", b."id", $5, $6
         FROM "MappingFile" b
         JOIN "MappingFile" s ON s."tenantId" = b."tenantId" AND s."id" = coalesce(b."stockId", b."id")
         CROSS JOIN LATERAL (
           SELECT max(o."version") + 1 AS "version",
             coalesce(max(o."edition") FILTER (WHERE o."stockId" = s."id"), 0) + 1 AS "edition"
           FROM "MappingFile" o WHERE o."tenantId" = b."tenantId" AND o."connectorId" = b."connectorId") n
         WHERE b."tenantId" = $1 AND b."id" = $2
         RETURNING "version", "stockId", "edition", (
           SELECT b."edition" FROM "MappingFile" b WHERE b."tenantId" = $1 AND b."id" = $2) AS "from"`,
        [tenantId, basedOnId, id, toColumn(origin), byId, at],
      );
      if (made === undefined) throw new Error("A version is made from one that is there");
      if (made.from < made.edition - 1) await bringBack(sql, tenantId, made);
      return made.version;
    },
    async makeEmpty(tenantId, { id, connectorId, byId, at }) {
      const [last] = await sql.query<{ version: number }>(
        `SELECT coalesce(max("version"), 0) + 1 AS "version" FROM "MappingFile"
         WHERE "tenantId" = $1 AND "connectorId" = $2`,
        [tenantId, connectorId],
      );
      const version = last?.version ?? 1;
      await insertRow(sql, "MappingFile", {
        ...{ tenantId, id, connectorId, version, state: "CHECKED", fileName: "", sha256: "" },
        ...{ sizeBytes: 0, ignoredColumns: [], origin: "EDITED", createdById: byId, createdAt: at },
      });
      return version;
    },
    async removeLine(tenantId, fileId, line) {
      // Of the version's own edition nothing was there before: what it has was brought for it.
      await sql.query(
        `WITH v AS (SELECT coalesce("stockId", "id") AS "stock", "edition" FROM "MappingFile"
                    WHERE "tenantId" = $1 AND "id" = $2),
           brought AS (
             DELETE FROM "MappingEntry" e USING v WHERE e."tenantId" = $1
               AND e."mappingFileId" = v."stock" AND e."line" = $3 AND e."since" = v."edition")
         UPDATE "MappingEntry" e SET "until" = v."edition" FROM v
         WHERE e."tenantId" = $1 AND e."mappingFileId" = v."stock" AND e."line" = $3
           AND e."until" IS NULL AND e."since" < v."edition"`,
        [tenantId, fileId, line],
      );
    },
    async addLine(tenantId, fileId, entry, line) {
      const [added] = await sql.query<{ line: number }>(
        `INSERT INTO "MappingEntry" ("tenantId", "mappingFileId", "line", "externalId", "writtenAs",
           "mailboxAddress", "validFrom", "validTo", "since")
         SELECT f."tenantId", s."id", coalesce($3::int, 1 + greatest(1, (
             SELECT max(e."line") FROM "MappingEntry" e
             WHERE e."tenantId" = f."tenantId" AND e."mappingFileId" = s."id"))), $4, $5, $6, $7, $8, f."edition"
         FROM "MappingFile" f CROSS JOIN LATERAL (SELECT coalesce(f."stockId", f."id") AS "id") s
         WHERE f."tenantId" = $1 AND f."id" = $2 RETURNING "line"`,
        [
          ...[tenantId, fileId, line, storable(entry.externalId), storable(entry.writtenAs)],
          ...[storable(entry.mailboxAddress), entry.validFrom, entry.validTo],
        ],
      );
      return added?.line ?? 0;
    },
    recount: (tenantId, fileId, touched) => recount(sql, tenantId, fileId, touched),
    async line(tenantId, fileId, line) {
      const [entry] = await sql.query<MappingEntry>(
        `SELECT ${columnsOfEntry} FROM "MappingEntry" e WHERE ${ofVersion("e", "$2")} AND e."line" = $3`,
        [tenantId, fileId, line],
      );
      return entry ?? null;
    },
    linesOf: (tenantId, fileId, externalId) =>
      sql.query<MappingEntry>(
        `SELECT ${columnsOfEntry} FROM "MappingEntry" e
         WHERE ${ofVersion("e", "$2")} AND e."externalId" = $3 ORDER BY e."line"`,
        [tenantId, fileId, externalId],
      ),
    export: (tenantId, fileId, afterLine, limit) =>
      sql.query<MappingEntry>(
        `SELECT ${columnsOfEntry} FROM "MappingEntry" e
         WHERE ${ofVersion("e", "$2")} AND e."line" > $3 ORDER BY e."line" LIMIT $4`,
        [tenantId, fileId, afterLine, limit],
      ),
    async hasValidity(tenantId, fileId) {
      const found = await sql.query(
        `SELECT 1 FROM "MappingEntry" e WHERE ${ofVersion("e", "$2")}
           AND (e."validFrom" IS NOT NULL OR e."validTo" IS NOT NULL) LIMIT 1`,
        [tenantId, fileId],
      );
      return found.length > 0;
    },
    async noteChange(tenantId, { id, connectorId, from, to, byId, at }) {
      await sql.query(
        `WITH noted AS (
           INSERT INTO "MappingChange" ("tenantId", "id", "connectorId", "fromFileId", "fromAutomatic",
             "toFileId", "toAutomatic", "changedById", "changedAt")
           SELECT c."tenantId", $3, c."id", $4, $5, $6, $7, $8, ${nextChangedAt}
           FROM "Connector" c WHERE c."tenantId" = $1 AND c."id" = $2 RETURNING "changedAt")
         UPDATE "Connector" SET "mappingChangedAt" = noted."changedAt"
         FROM noted WHERE "tenantId" = $1 AND "id" = $2`,
        [
          ...[tenantId, connectorId, id, from.mappingFileId, from.automaticMapping],
          ...[to.mappingFileId, to.automaticMapping, byId],
        ],
      );
      if (to.mappingFileId !== null && to.mappingFileId !== from.mappingFileId) {
        const applied = { appliedAt: at, appliedById: byId };
        await updateRow(sql, "MappingFile", { tenantId, id: to.mappingFileId }, applied);
      }
    },
    async progress(tenantId, connectorId) {
      const [change] = await sql.query<{ looked: number; total: number | null; isPassed: boolean }>(
        `SELECT "looked", "total", "passedAt" IS NOT NULL AS "isPassed" FROM "MappingChange"
         WHERE "tenantId" = $1 AND "connectorId" = $2 AND "doneAt" IS NULL
         ORDER BY "changedAt" DESC, "id" DESC LIMIT 1`,
        [tenantId, connectorId],
      );
      return change ?? null;
    },
  };
}

type Made = {
  readonly version: number;
  readonly stockId: string;
  readonly edition: number;
  readonly from: number;
};

/** What was changed after the edition it goes back to is undone: as much work as that was. */
async function bringBack(sql: Sql, tenantId: string, { stockId, edition, from }: Made) {
  await sql.query(
    `INSERT INTO "MappingEntry" ("tenantId", "mappingFileId", "line", "externalId", "writtenAs",
       "mailboxAddress", "validFrom", "validTo", "since")
     SELECT e."tenantId", e."mappingFileId", ${columnsOfEntry}, $3 FROM "MappingEntry" e
     WHERE e."tenantId" = $1 AND e."mappingFileId" = $2 AND e."since" <= $4 AND e."until" > $4`,
    [tenantId, stockId, edition, from],
  );
  await sql.query(
    `UPDATE "MappingEntry" SET "until" = $3
     WHERE "tenantId" = $1 AND "mappingFileId" = $2 AND "until" IS NULL AND "since" > $4 AND "since" < $3`,
    [tenantId, stockId, edition, from],
  );
}

async function recount(
  sql: Sql,
  tenantId: string,
  fileId: string,
  { externalIds, mailboxes }: Parameters<MappingVersionTable["recount"]>[2],
): Promise<void> {
  const counted = (what: string, condition: string, file: string) =>
    `(SELECT count(${what}) FROM "MappingEntry" e WHERE ${ofVersion("e", file)} AND ${condition})`;
  const more = (what: string, condition: string) =>
    `${counted(what, condition, "$2")} - ${counted(what, condition, "$6")}`;
  const [file] = await sql.query<{ basedOnId: string | null }>(
    `SELECT "basedOnId" FROM "MappingFile" WHERE "tenantId" = $1 AND "id" = $2`,
    [tenantId, fileId],
  );
  await sql.query(
    `UPDATE "MappingFile" f SET
       "entries" = f."entries" + ${more("*", `e."externalId" = ANY($3::text[] || $4::text[])`)},
       "lines" = f."lines" + ${more("*", `e."externalId" = ANY($3::text[] || $4::text[])`)},
       "numbers" = f."numbers" + ${more(`DISTINCT e."externalId"`, `e."externalId" = ANY($3::text[])`)},
       "otherIds" = f."otherIds" + ${more(`DISTINCT e."externalId"`, `e."externalId" = ANY($4::text[])`)},
       "people" = f."people" + ${more(`DISTINCT e."mailboxAddress"`, `e."mailboxAddress" = ANY($5::text[])`)}
     WHERE f."tenantId" = $1 AND f."id" = $2`,
    [
      ...[tenantId, fileId, externalIds.filter(isPhoneNumber)],
      ...[externalIds.filter((id) => !isPhoneNumber(id)), mailboxes, file?.basedOnId ?? null],
    ],
  );
}

/** @param where conditions on the file `f`, and their order; `$1` is the tenant */
async function selectVersions(
  sql: Sql,
  where: string,
  values: readonly unknown[],
): Promise<MappingVersionRecord[]> {
  const rows = await sql.query<MappingVersionRecord>(
    `SELECT f.*, u."name" AS "createdByName", a."name" AS "appliedByName", b."version" AS "basedOnVersion", (
       SELECT count(*)::int FROM "SyncRun" r WHERE r."tenantId" = f."tenantId"
         AND r."connectorId" = f."connectorId" AND f."id" IN (r."mappingFileId", r."resolvedFileId")) AS "runs"
     FROM "MappingFile" f
     LEFT JOIN "User" u ON u."tenantId" = f."tenantId" AND u."id" = f."createdById"
     LEFT JOIN "User" a ON a."tenantId" = f."tenantId" AND a."id" = f."appliedById"
     LEFT JOIN "MappingFile" b ON b."tenantId" = f."tenantId" AND b."id" = f."basedOnId"
     WHERE f."tenantId" = $1 AND ${where}`,
    values,
  );
  return rows.map((row) => ({
    ...row,
    state: fromColumn(row.state),
    origin: fromColumn(row.origin),
  }));
}
