/** A mapping file that is uploaded: a version kept whole or not at all. */
import type { Actor } from "@/lib/core/access";
import { isDefaultCountry } from "@/lib/core/external-id";
import type { MappingCheck } from "@/lib/core/mapping";
import type { MappingFileView } from "@/lib/core/mapping-view";
import type { ActionResult } from "@/lib/core/view";
import { isOpen } from "@/lib/core/wizard";
import type { MappingDifference } from "@/lib/ports/mapping-records";
import type { PortalTables } from "@/lib/ports/portal-store";
import { type Arrived, keepRows } from "./mapping-rows";
import type { PortalServices } from "./portal";
import { auditActor, type PortalDeps } from "./portal-deps";
import { done, isId, lacksRole, type Refusal, refused } from "./refusals";
import { mappingFileView } from "./views";
import { draftFacts, noDraft } from "./wizard-steps";

const mostBytes = 100 * 1024 * 1024;
const uploadsPerPerson = 2;

/** Who is sending how many files to this process. */
const sending = new Map<string, number>();

type Upload = Parameters<PortalServices["mappings"]["upload"]>[1];
type Deps = Pick<PortalDeps, "store" | "clock" | "newId" | "termsVersion">;

export async function uploadMapping(
  deps: Deps,
  actor: Actor,
  upload: Upload,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<ActionResult<MappingFileView>> {
  const person = `${actor.tenantId} ${actor.id}`;
  const others = sending.get(person) ?? 0;
  if (others >= uploadsPerPerson) return refused(tooManyUploads);
  sending.set(person, others + 1);
  try {
    const hindrance = await hindranceTo(deps, actor, upload);
    return hindrance ?? (await takeIn(deps, actor, upload, bytes, signal));
  } finally {
    const left = (sending.get(person) ?? 1) - 1;
    if (left > 0) sending.set(person, left);
    else sending.delete(person);
  }
}

const tooManyUploads =
  "Two of your mapping files are being uploaded already. Wait until one is done, then choose this file again.";

async function takeIn(
  deps: Deps,
  actor: Actor,
  upload: Upload,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<ActionResult<MappingFileView>> {
  const { store, clock, newId } = deps;
  const { tenantId } = actor;
  const id = newId();
  await store.mappings.begin(tenantId, {
    ...{ id, connectorId: upload.connectorId, fileName: upload.fileName.slice(0, 255) },
    ...{ sha256: upload.sha256.toLowerCase(), sizeBytes: upload.sizeBytes },
    ...{ defaultCountry: upload.defaultCountry, createdById: actor.id, createdAt: clock.now() },
  });
  let isKept = false;
  try {
    const arrived = await keepRows(
      store.mappings,
      { ...upload, tenantId, fileId: id },
      bytes,
      signal,
    );
    const refusal = arrived.isWhole ? differenceOf(arrived, upload) : null;
    if (refusal !== null) return refusal;
    const isRefused = !arrived.isWhole || arrived.check.isRefused;
    await store.mappings.takeBack(tenantId, id, isRefused);
    const difference = isRefused ? null : await differenceFrom(store, tenantId, id, upload);
    // Of a refused file nothing is used, whatever could be read of it.
    const check = isRefused ? { ...arrived.check, entries: 0 } : arrived.check;
    const file = { id, isRefused, check, difference };
    const attached = await store.transaction((tx) => attach(deps, tx, actor, file, upload));
    if (attached !== null) return attached;
    isKept = true;
  } finally {
    // A connection that broke leaves no half version; neither does a refusal.
    if (!isKept) await store.mappings.remove(tenantId, id);
  }
  const file = await store.mappings.find(tenantId, id);
  if (file === null) return refused("The file was replaced by another upload meanwhile.");
  const view = mappingFileView(file);
  return done(view.state === "refused" ? { ...view, ...(await reasonOf(deps, actor, id)) } : view);
}

/** Why a file was refused as a whole: a problem without a column, else what was found last. */
async function reasonOf(
  { store }: Pick<Deps, "store">,
  { tenantId }: Actor,
  fileId: string,
): Promise<{ readonly refusal?: string }> {
  const problems = await store.mappings.problems(tenantId, fileId, -1, problemsRead);
  const errors = problems.filter(({ severity }) => severity === "error");
  const reason = errors.findLast(({ column }) => column === "") ?? errors.at(-1);
  return reason === undefined ? {} : { refusal: reason.message };
}

const problemsRead = 1_000;

async function hindranceTo(deps: Deps, actor: Actor, upload: Upload): Promise<Refusal | null> {
  const lacks = lacksRole(actor, "manageConnectors");
  if (lacks !== null) return lacks;
  if (upload.sizeBytes > mostBytes) return refused(tooLarge);
  const { defaultCountry } = upload;
  if (defaultCountry !== null && !isDefaultCountry(defaultCountry)) {
    return refused("Choose the country of national numbers from the list.");
  }
  if (upload.connectorId !== null) {
    const connector = isId(upload.connectorId)
      ? await deps.store.connectors.find(actor.tenantId, upload.connectorId)
      : null;
    return connector === null || connector.state === "deleted" ? refused(connectorGone) : null;
  }
  const draft = await deps.store.drafts.findOpen(actor.tenantId, actor.id);
  if (draft === null) return refused(noDraft);
  const isReached = isOpen("user-mapping", draftFacts(draft, deps.termsVersion));
  return isReached ? null : refused("Sign in to TeleMessage first.");
}

const tooLarge =
  "The file is larger than 100 MB. Leave out columns that are not needed, or split it by date and keep the newest part.";
const connectorGone = "This connector was deleted.";

function differenceOf({ sizeBytes, sha256 }: Arrived, upload: Upload): Refusal | null {
  const isSame = sizeBytes === upload.sizeBytes && sha256 === upload.sha256.toLowerCase();
  return isSame ? null : refused("The file did not arrive as it was sent. Upload it again.");
}

/** From the version in force; a million lines take seconds, so it is found out before anything is locked. */
async function differenceFrom(
  store: Deps["store"],
  tenantId: string,
  fileId: string,
  { connectorId }: Upload,
): Promise<MappingDifference | null> {
  if (connectorId === null) return null;
  const connector = await store.connectors.find(tenantId, connectorId);
  const previous = connector?.mappingFileId ?? null;
  return previous === null ? null : store.mappings.compare(tenantId, fileId, previous);
}

type ReadFile = {
  readonly id: string;
  readonly isRefused: boolean;
  readonly check: MappingCheck;
  readonly difference: MappingDifference | null;
};

/** Closes the version and gives it to the draft, or makes it the connector's next one. */
async function attach(
  { clock }: Deps,
  tx: PortalTables,
  actor: Actor,
  { id, isRefused, check, difference }: ReadFile,
  { connectorId, fileName, sha256 }: Upload,
): Promise<Refusal | null> {
  const { tenantId } = actor;
  const at = clock.now();
  const { lines, entries, errors, warnings } = check;
  const counts = { lines, entries, errors, warnings };
  const details = { mappingFileId: id, fileName, sha256, ...counts, isRefused };
  if (connectorId !== null) {
    const connector = await tx.connectors.lock(tenantId, connectorId);
    if (connector === null || connector.state === "deleted") return refused(connectorGone);
    const version = isRefused ? 0 : await tx.mappings.nextVersion(tenantId, connectorId);
    await tx.mappings.finish(tenantId, id, { check, isRefused, version });
    await tx.audit.append(tenantId, {
      actor: auditActor(actor),
      action: "mapping.uploaded",
      subject: `connector:${connectorId}`,
      details: { ...details, mappingVersion: version, difference },
      at,
    });
    return null;
  }
  const draft = await tx.drafts.lockOpen(tenantId, actor.id);
  if (draft === null) return refused(noDraft);
  await tx.mappings.finish(tenantId, id, { check, isRefused, version: 0 });
  if (!isRefused) {
    // The page that uploads stays valid, but the step wants its answer again.
    const change = { mappingFileId: id, mappedAt: null };
    await tx.drafts.save(tenantId, draft.id, change, at, { keepsVersion: true });
    if (draft.mappingFileId !== null) await tx.mappings.remove(tenantId, draft.mappingFileId);
  }
  await tx.audit.append(tenantId, {
    actor: auditActor(actor),
    action: "draft.mappingUploaded",
    subject: `draft:${draft.id}`,
    details,
    at,
  });
  return null;
}
