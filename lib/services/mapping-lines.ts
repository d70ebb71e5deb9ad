/** The lines of a mapping version as people look through them. */
import type { Actor } from "@/lib/core/access";
import { mayDo } from "@/lib/core/access";
import { participantExternalId } from "@/lib/core/external-id";
import type { MappingLineFilter, MappingLineView } from "@/lib/core/mapping-view";
import type { PageOf } from "@/lib/core/view";
import type { MappingLineRecord } from "@/lib/ports/mapping-records";
import type { PortalDeps } from "./portal-deps";
import { isId } from "./refusals";
import { isoOrNull } from "./views";

const pageSize = 25;

export async function mappingLines(
  { store }: Pick<PortalDeps, "store">,
  actor: Actor,
  mappingFileId: string,
  { state, search }: MappingLineFilter,
  after: string | null,
): Promise<PageOf<MappingLineView> | null> {
  const { tenantId } = actor;
  const file = isId(mappingFileId) ? await store.mappings.find(tenantId, mappingFileId) : null;
  if (file === null) return null;
  // What nobody has put in force yet is between those who may.
  if (file.connectorId === null && !mayDo(actor, "manageConnectors")) return null;
  const text = search?.trim() ?? "";
  const isCompared = file.checkedAt !== null;
  const found = await store.mappings.lines(tenantId, mappingFileId, {
    ...{ state, isCompared, limit: pageSize + 1 },
    search: text === "" ? null : { text, externalId: participantExternalId(text) },
    afterLine: after !== null && /^\d{1,9}$/.test(after) ? Number(after) : 0,
  });
  const rows = found.slice(0, pageSize).map((line) => lineView(line, isCompared));
  const last = rows.at(-1);
  return { rows, next: found.length > pageSize && last !== undefined ? String(last.line) : null };
}

function lineView(record: MappingLineRecord, isCompared: boolean): MappingLineView {
  const { line, writtenAs, externalId, mailboxAddress, problems } = record;
  const mailbox = isCompared && externalId !== null ? mailboxOf(record) : null;
  return {
    ...{ line, writtenAs, externalId, mailboxAddress, problems, mailbox },
    validFrom: isoOrNull(record.validFrom),
    validTo: isoOrNull(record.validTo),
    state: stateOf(problems, mailbox),
  };
}

function mailboxOf(record: MappingLineRecord): NonNullable<MappingLineView["mailbox"]> {
  const { matchedAddress: address, matchedName, hasExchangePlan } = record;
  if (address === null) return { state: "unknown" };
  const state = hasExchangePlan === true ? "found" : "withoutLicence";
  return { state, address, displayName: matchedName ?? "" };
}

function stateOf(
  problems: MappingLineRecord["problems"],
  mailbox: MappingLineView["mailbox"],
): MappingLineView["state"] {
  const isUnknown = mailbox?.state === "unknown";
  if (isUnknown || problems.some(({ severity }) => severity === "error")) return "bad";
  return problems.length > 0 || mailbox?.state === "withoutLicence" ? "warning" : "good";
}
