/** Versions of a connector's mapping: looked through, compared, put in force, changed by a line. */
import type { MappingVersionView } from "@/lib/core/mapping-view";
import type { PageOf } from "@/lib/core/view";
import type { MappingVersionRecord } from "@/lib/ports/mapping-version-store";
import { applyVersion } from "./mapping-apply";
import { differencePage, differencePart, pairOf, partOf, saidView } from "./mapping-difference";
import { changeLine, removeLine } from "./mapping-lines-changed";
import { exportMapping } from "./mapping-export";
import { mapPerson, unmappedPage, unmappedPerson } from "./mapping-people";
import type { PortalServices } from "./portal";
import type { PortalDeps } from "./portal-deps";
import { isId } from "./refusals";
import { isoOrNull, mappingFileView } from "./views";

const versionsPerPage = 20;
const claimsShown = 20;
const mailboxesSuggested = 10;

export function createMappingVersionService(deps: PortalDeps): PortalServices["versions"] {
  const { store } = deps;
  return {
    async overview(actor, connectorId) {
      const connector = isId(connectorId)
        ? await store.connectors.find(actor.tenantId, connectorId)
        : null;
      if (connector === null) return null;
      const { tenantId } = actor;
      const fileId = connector.mappingFileId;
      const [inForce, progress] = await Promise.all([
        fileId === null ? null : store.versions.version(tenantId, fileId),
        store.versions.progress(tenantId, connectorId),
      ]);
      return { inForce: inForce === null ? null : versionView(inForce), progress };
    },

    async list(actor, connectorId, before) {
      if (!isId(connectorId)) return { rows: [], next: null };
      const from = before !== null && /^\d{1,9}$/.test(before) ? Number(before) : null;
      const { tenantId } = actor;
      const limit = versionsPerPage + 1;
      const found = await store.versions.versions(tenantId, connectorId, from, limit);
      return pageOf(found, versionsPerPage, versionView, ({ version }) => String(version));
    },

    async review(actor, connectorId, fileId) {
      const pair = await pairOf(deps, actor, connectorId, fileId);
      if (pair === null) return null;
      const { file, basis, connector } = pair;
      return {
        version: versionView(file),
        inForce: basis && versionView(basis),
        isInForce: file.id === connector.mappingFileId,
        difference: await partOf(deps, actor, pair, null),
      };
    },

    differencePart: (actor, connectorId, fileId, after) =>
      differencePart(deps, actor, connectorId, fileId, after),
    difference: (actor, connectorId, fileId, kind, after) =>
      differencePage(deps, actor, connectorId, fileId, { kind, after }),

    async claims(actor, connectorId, fileId) {
      const pair = await pairOf(deps, actor, connectorId, fileId);
      if (pair === null) return [];
      return store.versions.claims(actor.tenantId, connectorId, pair.file.id, claimsShown);
    },

    async line(actor, connectorId, line) {
      const connector = isId(connectorId)
        ? await store.connectors.find(actor.tenantId, connectorId)
        : null;
      const fileId = connector?.mappingFileId ?? null;
      if (fileId === null) return null;
      const { tenantId } = actor;
      const entry = await store.versions.line(tenantId, fileId, line);
      return entry === null ? null : { ...entry, ...saidView(entry) };
    },

    async mailboxes(actor, typed) {
      const prefix = typed.trim();
      if (prefix.length < 2) return [];
      return store.versions.searchMailboxes(actor.tenantId, prefix, mailboxesSuggested);
    },

    apply: (actor, connectorId, choice, signal) =>
      applyVersion(deps, actor, connectorId, choice, signal),
    changeLine: (actor, connectorId, line, signal) =>
      changeLine(deps, actor, connectorId, line, signal),
    removeLine: (actor, connectorId, line) => removeLine(deps, actor, connectorId, line),
    export: (actor, connectorId) => exportMapping(deps, actor, connectorId),
    unmapped: (actor, connectorId, after) => unmappedPage(deps, actor, connectorId, after),
    unmappedPerson: (actor, connectorId, deliveryId) =>
      unmappedPerson(deps, actor, connectorId, deliveryId),
    mapPerson: (actor, connectorId, choice, signal) =>
      mapPerson(deps, actor, connectorId, choice, signal),
  };
}

function pageOf<Found, Row>(
  found: readonly Found[],
  size: number,
  view: (row: Found) => Row,
  keyOf: (row: Found) => string,
): PageOf<Row> {
  const page = found.slice(0, size);
  const last = page.at(-1);
  return {
    rows: page.map(view),
    next: found.length > size && last !== undefined ? keyOf(last) : null,
  };
}

function versionView(record: MappingVersionRecord): MappingVersionView {
  const { origin, basedOnVersion, runs, appliedByName, added, changed, removed, losing } = record;
  return {
    ...mappingFileView(record),
    ...{ origin, basedOnVersion, runs, sha256: record.sha256 },
    appliedAt: isoOrNull(record.appliedAt),
    appliedBy: appliedByName,
    difference:
      added === null || changed === null || removed === null
        ? null
        : { added, changed, removed, losing: losing ?? 0 },
  };
}
