/**
 * What a draft would import, asked of TeleMessage and the directory before Finish. By the very rule of
 * the runs; changes nothing but the directory's mirror, which is brought up to date.
 */
import type { Actor } from "@/lib/core/access";
import { type CoverageTally, coverageTally } from "@/lib/core/coverage";
import { decodeMail } from "@/lib/core/eml-item";
import { SyncError } from "@/lib/core/errors";
import { decodeRecord } from "@/lib/core/item";
import type { Participant } from "@/lib/core/participant";
import type { CoverageStep } from "@/lib/core/coverage-view";
import { isOpen } from "@/lib/core/wizard";
import type { DraftRecord } from "@/lib/ports/portal-records";
import type { MappingRules } from "@/lib/ports/resolution-store";
import {
  CursorExpired,
  type SourcePage,
  type SourceSession,
  type SourceUser,
  WindowExpired,
} from "@/lib/ports/source";
import { refreshDirectory } from "./directory";
import type { PortalDeps } from "./portal-deps";
import { lacksRole, refusedBySyncError } from "./refusals";
import { credentialContext, credentialOf } from "./source-credential";
import { type PageResolution, resolvePage } from "./sync/resolve";
import { draftFacts, noDraft } from "./wizard-steps";

type Deps = Pick<
  PortalDeps,
  "store" | "source" | "secretBox" | "directory" | "clock" | "termsVersion"
>;

/** Nobody waits for an archive of years: what lies within is enough to see who is missing. */
const coverageDays = 7;
const mostCoverageItems = 10_000;
const pageSize = 200;
const settleMs = 5 * 60_000;
const dayMs = 24 * 60 * 60_000;

/** Whose preview is under way in this process: each asks TeleMessage for pages and pages. */
const looking = new Set<string>();

export async function* previewCoverage(
  deps: Deps,
  actor: Actor,
  signal: AbortSignal,
): AsyncGenerator<CoverageStep> {
  const hindrance = lacksRole(actor, "manageConnectors");
  if (hindrance !== null) {
    yield { kind: "refused", message: hindrance.message };
    return;
  }
  const draft = await deps.store.drafts.findOpen(actor.tenantId, actor.id);
  if (draft === null) {
    yield { kind: "refused", message: noDraft };
    return;
  }
  if (!isOpen("review", draftFacts(draft, deps.termsVersion))) {
    yield { kind: "refused", message: "Complete the steps before the review first." };
    return;
  }
  const person = `${actor.tenantId} ${actor.id}`;
  if (looking.has(person)) {
    yield { kind: "refused", message: underWay };
    return;
  }
  looking.add(person);
  try {
    yield* look(deps, actor.tenantId, draft, signal);
  } catch (thrown) {
    if (!(thrown instanceof SyncError)) throw thrown;
    yield { kind: "refused", message: refusedBySyncError(thrown).message };
  } finally {
    looking.delete(person);
  }
}

const underWay = "A preview of yours is under way already. Wait until it is done, or cancel it.";

async function* look(
  deps: Deps,
  tenantId: string,
  draft: DraftRecord,
  signal: AbortSignal,
): AsyncGenerator<CoverageStep> {
  yield { kind: "progress", people: 0, items: 0, day: null };
  await refreshDirectory(deps, tenantId, signal);
  const session = await openSource(deps, tenantId, draft);
  try {
    yield* lookThrough(deps, tenantId, draft, session, signal);
  } finally {
    await session.close?.();
  }
}

async function* lookThrough(
  deps: Deps,
  tenantId: string,
  draft: DraftRecord,
  session: SourceSession,
  signal: AbortSignal,
): AsyncGenerator<CoverageStep> {
  const { clock } = deps;
  const tally = coverageTally();
  const resolve = resolver(deps, tenantId, draft);

  const registered = await session.listUsers(signal);
  const users = (registered ?? []).filter(({ status }) => status !== "DELETED");
  const now = clock.now();
  for (let at = 0; at < users.length; at += pageSize) {
    signal.throwIfAborted();
    const people = users.slice(at, at + pageSize).map(personOf);
    const items = people.map((each) => ({ ...ownedBy(each), messageAt: now }));
    const { rules } = await resolve(items);
    for (const each of people) tally.person(each, rules, now);
    yield { kind: "progress", people: at + people.length, items: 0, day: null };
  }

  const end = now.getTime() - settleMs;
  let isCut = false;
  let days = 0;
  while (days < coverageDays && !isCut) {
    const window = {
      start: new Date(end - (days + 1) * dayMs),
      end: new Date(end - days * dayMs),
    };
    const day = window.start.toISOString();
    for await (const _page of pagesOf(session, window, tally, resolve, signal)) {
      yield { kind: "progress", people: users.length, items: tally.items(), day };
    }
    isCut = tally.items() >= mostCoverageItems;
    days += 1;
  }
  const known = { knowsPeople: registered !== null };
  const result = {
    ...tally.result(),
    ...known,
    days,
    isCut,
    hasFile: draft.mappingFileId !== null,
  };
  yield { kind: "done", result: { ...result, automaticMapping: draft.automaticMapping } };
}

type Window = Parameters<SourceSession["fetchPage"]>[0];
type Resolve = (items: Parameters<typeof resolvePage>[2]) => Promise<PageResolution>;

/** What the archive no longer holds, or forgets on the way, is not asked for twice: it is a preview. */
async function* pagesOf(
  session: SourceSession,
  window: Window,
  tally: CoverageTally,
  resolve: Resolve,
  signal: AbortSignal,
): AsyncGenerator<void> {
  let cursor: string | null = null;
  try {
    do {
      signal.throwIfAborted();
      const before: number = tally.items();
      const page = await session.fetchPage(window, cursor, pageSize, signal);
      await takePage(page, window.start, tally, resolve);
      yield;
      // A cursor that leads nowhere would go on for ever.
      cursor = tally.items() > before ? page.nextCursor : null;
    } while (cursor !== null && tally.items() < mostCoverageItems);
  } catch (thrown) {
    if (!(thrown instanceof WindowExpired || thrown instanceof CursorExpired)) throw thrown;
  }
}

async function takePage(
  { records, mails = [] }: SourcePage,
  receivedAt: Date,
  tally: CoverageTally,
  resolve: Resolve,
): Promise<void> {
  const decoded = records.map((record) => decodeRecord(record, receivedAt));
  for (const mail of mails) decoded.push(await decodeMail(mail));
  const items = decoded.flatMap((each) => (each.outcome === "item" ? [each.item] : []));
  const { rules } = await resolve(items);
  for (const item of items) tally.item(item, rules);
  for (const each of decoded) if (each.outcome === "unreadable") tally.unreadable();
}

/** Addresses are looked up also where nobody maps by them, so that a line can be proposed. */
function resolver({ store }: Deps, tenantId: string, draft: DraftRecord): Resolve {
  const { mappingFileId, automaticMapping } = draft;
  const rules: MappingRules = { mappingFileId, automaticMapping: true };
  return async (items) => {
    const found = await resolvePage({ store: store.resolution, tenantId }, rules, items);
    return { ...found, rules: { ...found.rules, automaticMapping } };
  };
}

async function openSource(
  { store, source, secretBox }: Deps,
  tenantId: string,
  draft: DraftRecord,
): Promise<SourceSession> {
  const { credentialId } = draft;
  const sealed =
    credentialId === null ? null : await store.credentials.read(tenantId, credentialId);
  if (sealed === null || credentialId === null) throw new SyncError("SourceAuthFailed");
  const secrets = secretBox.open(sealed, credentialContext(tenantId, credentialId));
  return source.open(credentialOf(draft, secrets));
}

function personOf({ mobile, email, firstName, lastName }: SourceUser): Participant {
  return { type: "MOBILE", value: mobile ?? "", email, firstName, lastName };
}

function ownedBy(person: Participant) {
  return { participants: [{ ...person, roles: ["owner" as const] }] };
}
