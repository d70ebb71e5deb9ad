/** One page: decode, recognise, stage, resolve, record. Then the lanes are told. */
import { decodeMail } from "@/lib/core/eml-item";
import { changedWithoutRevision, type DecodedRecord, decodeRecord } from "@/lib/core/item";
import { itemDigest } from "@/lib/core/keys";
import type { SourcePage } from "@/lib/ports/source";
import type { StagedSegment } from "@/lib/ports/staging";
import { type NewItem, type PageRecord, RulesMoved } from "@/lib/ports/transfer-records";
import { resolvePage } from "./resolve";
import { restage } from "./restage";
import { newItem, type NewRecord } from "./transfer-item";
import { recordByHalves } from "./transfer-record";
import type { Transfer } from "./transfer-turn";

/** One way through the window: what it met that the ledger knew before, to tell progress from a circle. */
export type Reading = { readonly known: Set<string> };

type Page = SourcePage & { readonly cursor: string | null };

/** @returns how many items the ledger has now, and how many records this reading had not met before */
export async function recordRecords(
  transfer: Transfer,
  page: Page,
  reading: Reading,
  signal: AbortSignal,
): Promise<{ items: number; news: number }> {
  const { parts, hold } = transfer;
  const { cursor, nextCursor } = page;
  const metBefore = reading.known.size;
  const decoded = await decodePage(page, transfer.window.start);
  const recognised = await recognise(transfer, decoded, reading);
  const segment = await stage(transfer, recognised.fresh, signal);
  const restaged = await restage(transfer, recognised.lost, signal);
  parts.passes("page.staged");
  const end = { cursor: nextCursor, isLastPage: nextCursor === null };
  const { takenOver, alreadyRecorded } = recognised;
  const undated = undatedOf(transfer, recognised.undated);
  const { completed = [] } = page;
  const rest = { takenOver, restaged, alreadyRecorded, undated, completed, ...end };
  const items = await recordResolved(transfer, recognised.fresh, segment, rest, cursor);
  parts.passes("page.recorded");
  parts.log.debug("page.recorded", { runId: hold.runId, items: items.length, alreadyRecorded });
  await transfer.pokes.recorded(lanesWithWork(transfer, items));
  if (end.isLastPage) await transfer.pokes.end();
  return { items: items.length, news: items.length + reading.known.size - metBefore };
}

async function decodePage(
  { records, mails = [] }: SourcePage,
  receivedAtFallback: Date,
): Promise<DecodedRecord[]> {
  const decoded = records.map((raw) => decodeRecord(raw, receivedAtFallback));
  for (const mail of mails) decoded.push(await decodeMail(mail));
  return decoded;
}

/** By the rules in force when the page is recorded, also when those the run began with were changed since. */
async function recordResolved(
  transfer: Transfer,
  fresh: readonly NewRecord[],
  segment: StagedSegment | null,
  rest: Omit<PageRecord, "items" | "rules">,
  cursor: string | null,
): Promise<readonly NewItem[]> {
  const { parts } = transfer;
  const readable = fresh.flatMap(({ decoded }) =>
    decoded.outcome === "item" ? [decoded.item] : [],
  );
  for (;;) {
    const { rules } = transfer;
    const resolution = await resolvePage(parts, rules, readable);
    const items = fresh.map((record, index) =>
      newItem(transfer, record, segment, index, resolution),
    );
    await learnLanes(transfer, items);
    try {
      await recordByHalves(transfer, { ...rest, items, rules }, cursor);
      return items;
    } catch (thrown) {
      if (!(thrown instanceof RulesMoved)) throw thrown;
      transfer.rules = thrown.inForce;
    }
  }
}

type Recognised = {
  readonly fresh: readonly NewRecord[];
  readonly takenOver: readonly string[];
  readonly lost: readonly NewRecord[];
  readonly alreadyRecorded: number;
  readonly undated: readonly string[];
};

/** Which records of the page are new, which were recorded before, which were left behind or lost. */
async function recognise(
  { parts, run }: Transfer,
  decoded: readonly DecodedRecord[],
  reading: Reading,
): Promise<Recognised> {
  const { store, tenantId } = parts;
  const accountId = run.connector.sourceAccountId;
  let candidates = decoded.map((each) => withDigest(accountId, each));
  const fresh = new Map<string, NewRecord>();
  const takenOver = new Set<string>();
  const lost = new Map<string, NewRecord>();
  const already = new Set<string>();
  const undated = new Set<string>();
  // Twice: a record that changed without a new revision is looked up again under its longer revision.
  for (let pass = 0; pass < 2 && candidates.length > 0; pass += 1) {
    const known = await store.knownItems(tenantId, [
      ...new Set(candidates.map(({ digest }) => digest)),
    ]);
    const knownByDigest = new Map(known.map((item) => [item.itemDigest, item]));
    for (const { itemDigest } of known) reading.known.add(itemDigest.slice(0, 16));
    const changed: NewRecord[] = [];
    for (const candidate of candidates) {
      const { digest, decoded } = candidate;
      const before = knownByDigest.get(digest);
      const onPage = fresh.get(digest);
      if (before !== undefined && isUndated(decoded)) undated.add(digest);
      const sha256 = before?.recordSha256 ?? onPage?.decoded.recordSha256;
      if (sha256 === undefined) {
        fresh.set(digest, candidate);
      } else if (sha256 !== decoded.recordSha256) {
        changed.push(withDigest(accountId, changedWithoutRevision(decoded)));
      } else if (before?.isOrphan === true) {
        takenOver.add(digest);
        fresh.set(digest, candidate);
      } else if (before !== undefined) {
        if (before.isLost) lost.set(digest, candidate);
        if (before.runId !== run.id) already.add(digest);
      }
    }
    candidates = changed;
  }
  return {
    fresh: [...fresh.values()],
    takenOver: [...takenOver],
    lost: [...lost.values()],
    alreadyRecorded: already.size,
    undated: [...undated],
  };
}

function isUndated(decoded: DecodedRecord): boolean {
  return decoded.outcome === "unreadable" || decoded.item.isUndated;
}

function undatedOf({ window }: Transfer, digests: readonly string[]): PageRecord["undated"] {
  return digests.length === 0 ? null : { digests, window };
}

function withDigest(accountId: string, decoded: DecodedRecord): NewRecord {
  const { sourceItemId, revision } = decoded.outcome === "item" ? decoded.item : decoded;
  return { digest: itemDigest(accountId, sourceItemId, revision), decoded };
}

async function stage(
  { parts, hold }: Transfer,
  fresh: readonly NewRecord[],
  signal: AbortSignal,
): Promise<StagedSegment | null> {
  if (fresh.length === 0) return null;
  const prefix = `${parts.tenantId}/${hold.runId}/${hold.attempt}`;
  return parts.staging.writeSegment(
    prefix,
    fresh.map(({ decoded }) => decoded.recordBytes),
    signal,
  );
}

async function learnLanes({ parts, laneOf }: Transfer, items: readonly NewItem[]): Promise<void> {
  const mailboxes = items.flatMap(({ deliveries }) =>
    deliveries.flatMap(({ mailbox }) => mailbox?.id ?? []),
  );
  const unknown = [...new Set(mailboxes)].filter((id) => !laneOf.has(id));
  if (unknown.length === 0) return;
  const lanes = await parts.store.laneIds(parts.tenantId, unknown);
  for (const [mailboxId, laneId] of lanes) laneOf.set(mailboxId, laneId);
}

/** Once for each delivery that can be taken now. */
function lanesWithWork({ laneOf }: Transfer, items: readonly NewItem[]): string[] {
  const ready = items.filter(({ attachments }) => attachments.length === 0);
  return ready.flatMap(({ deliveries }) =>
    deliveries.flatMap(({ mailbox }) => laneOf.get(mailbox?.id ?? "") ?? []),
  );
}
