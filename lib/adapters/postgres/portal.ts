/** The control plane's store: every table on the pool, or all of them on one transaction's connection. */
import type { PortalStore, PortalTables } from "@/lib/ports/portal-store";
import { auditOn } from "./audit";
import type { Database, Prisma, Sql } from "./client";
import { connectorsOn } from "./connectors";
import { consentsOn } from "./consents";
import { credentialsOn, signInsOn } from "./credentials";
import { directoryOn } from "./directory";
import { draftsOn } from "./drafts";
import { itemsOn } from "./items";
import { createLookupStore } from "./lookups";
import { mappingVersionsOn } from "./mapping-versions";
import { mappingsOn } from "./mappings";
import { originalsOn } from "./originals";
import { peopleOn } from "./people";
import { runsOn } from "./portal-runs";
import { repairsOn } from "./repair";

export function createPortalStore(database: Database): PortalStore {
  return {
    ...tablesOn(database, database.prisma),
    resolution: createLookupStore(database),
    transaction: (run) => database.transaction((sql) => run(tablesOn(sql, database.prisma))),
  };
}

/** @param prisma for reads that see what was there before the transaction, too */
function tablesOn(sql: Sql, prisma: Prisma): PortalTables {
  return {
    people: peopleOn(sql),
    drafts: draftsOn(sql),
    credentials: credentialsOn(sql, prisma),
    signIns: signInsOn(sql),
    mappings: mappingsOn(sql, prisma),
    consents: consentsOn(sql, prisma),
    connectors: connectorsOn(sql),
    runs: runsOn(sql),
    items: itemsOn(sql),
    originals: originalsOn(sql),
    repairs: repairsOn(sql),
    versions: mappingVersionsOn(sql),
    directory: directoryOn(sql),
    audit: auditOn(sql),
  };
}
