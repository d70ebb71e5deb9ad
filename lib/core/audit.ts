/** The audit: what is recorded, and the chain that shows whether anything was changed afterwards. */
import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical-json";
import { storable } from "./text";

export type AuditActor = { readonly id: string; readonly name: string };

/** The product itself, where no person acted. */
export const systemActor: AuditActor = { id: "system", name: "WhatsApp Archiver" };

/** One link, before it is hashed. `details` is canonical JSON, exactly as it is stored. */
export type AuditEvent = {
  readonly tenantId: string;
  readonly sequence: bigint;
  readonly at: Date;
  readonly actor: AuditActor;
  readonly action: string;
  readonly subject: string;
  readonly details: string;
  readonly previousHash: string;
};

export type ChainedEvent = AuditEvent & { readonly hash: string };

/** The first link follows nothing. */
export const chainBegin = { sequence: 0n, hash: "" } as const;

export function auditDetails(details: Readonly<Record<string, unknown>>): string {
  // PostgreSQL cannot read U+0000 or half a character back out of JSON, and an event is never mended.
  return canonicalJson(storableValue(details));
}

function storableValue(value: unknown): unknown {
  if (typeof value === "string") return storable(value);
  if (Array.isArray(value)) return value.map(storableValue);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [storable(name), storableValue(part)]),
  );
}

/** Everything the event says, in one spelling: a JSON array keeps its order and its borders. */
export function canonicalEvent(event: AuditEvent): string {
  const { previousHash, sequence, tenantId, at, actor, action, subject, details } = event;
  return JSON.stringify([
    previousHash,
    sequence.toString(),
    tenantId,
    at.toISOString(),
    { id: actor.id, name: actor.name },
    action,
    subject,
    details,
  ]);
}

export function chainHash(event: AuditEvent): string {
  return createHash("sha256").update(canonicalEvent(event), "utf8").digest("hex");
}

export type AuditHead = { readonly sequence: bigint; readonly hash: string };

/** The event as the next link after the head. */
export function linkAfter(
  head: AuditHead,
  event: Omit<AuditEvent, "sequence" | "previousHash">,
): ChainedEvent {
  const next = { ...event, sequence: head.sequence + 1n, previousHash: head.hash };
  return { ...next, hash: chainHash(next) };
}

export type ChainVerdict =
  | { readonly ok: true; readonly count: number; readonly head: AuditHead }
  | { readonly ok: false; readonly sequence: bigint; readonly reason: string };

/**
 * Walks the chain from its first link and stops at the first that does not hold. With heads that are
 * kept elsewhere it also notices when the newest links were cut off.
 */
export async function verifyChain(
  events: AsyncIterable<ChainedEvent> | Iterable<ChainedEvent>,
  ...expectedHeads: readonly AuditHead[]
): Promise<ChainVerdict> {
  let head: AuditHead = chainBegin;
  let count = 0;
  for await (const event of events) {
    const reason = flawOf(event, head) ?? strayFrom(event, expectedHeads);
    if (reason !== null) return { ok: false, sequence: event.sequence, reason };
    head = { sequence: event.sequence, hash: event.hash };
    count += 1;
  }
  if (expectedHeads.some(({ sequence }) => sequence > head.sequence)) {
    const sequence = head.sequence + 1n;
    return { ok: false, sequence, reason: "The newest events are missing." };
  }
  return { ok: true, count, head };
}

function strayFrom(event: ChainedEvent, expected: readonly AuditHead[]): string | null {
  const isStray = expected.some(
    ({ sequence, hash }) => sequence === event.sequence && hash !== event.hash,
  );
  return isStray ? "The event is not the one whose hash was kept elsewhere." : null;
}

function flawOf(event: ChainedEvent, head: AuditHead): string | null {
  if (event.sequence !== head.sequence + 1n) {
    return `Event ${head.sequence + 1n} is missing or out of order.`;
  }
  if (event.previousHash !== head.hash) return "The event does not follow the one before it.";
  if (chainHash(event) !== event.hash) return "The event was changed after it was recorded.";
  return null;
}
