/** What was not imported, and trying it again: single items, all of a reason, of a mailbox, of a run. */
import type { Actor } from "@/lib/core/access";
import type { ConnectorState } from "@/lib/core/connector";
import type { NotImportedRow, NotImportedView, RetryChoice } from "@/lib/core/item-view";
import type { ActionResult } from "@/lib/core/view";
import type { NotImported, RepairChoice } from "@/lib/ports/repair-store";
import { change, event } from "./connector-state";
import { poke } from "./poke";
import { type MappingRules, type PortalDeps, resolveUnmappedQuietly } from "./portal-deps";
import { done, isId, type Refusal, refused } from "./refusals";
import { reasonInWords } from "./views";

const mailboxesShown = 50;

/** One transaction holds its lanes only for as long as so many deliveries take. */
const deliveriesAtATime = 5000;

export async function readNotImported(
  { store }: PortalDeps,
  actor: Actor,
  connectorId: string,
  runId: string | null,
): Promise<NotImportedView> {
  const isAsked = isId(connectorId) && (runId === null || isId(runId));
  if (!isAsked) return { byReason: [], byMailbox: [], hasMoreMailboxes: false };
  const { tenantId } = actor;
  const [byReason, byMailbox] = await Promise.all([
    store.repairs.byReason(tenantId, connectorId, { runId }),
    store.repairs.byMailbox(tenantId, connectorId, runId, mailboxesShown + 1),
  ]);
  return {
    byReason: byReason.map((row) => ({ ...rowView(row), retryable: retryableOf(row) })),
    byMailbox: byMailbox.slice(0, mailboxesShown).map((row) => ({
      ...rowView(row),
      retryable: row.count - row.removed,
      mailboxId: row.mailboxId,
      address: row.address,
    })),
    hasMoreMailboxes: byMailbox.length > mailboxesShown,
  };
}

function rowView({ state, code, count }: Omit<NotImported, "unaddressed" | "removed">) {
  const reason = reasonInWords(code) ?? code;
  return { outcome: state, code, count, reason } satisfies Partial<NotImportedRow>;
}

/** Without a mailbox only those can be tried whose person may be found meanwhile. */
function retryableOf({ code, count, unaddressed, removed }: NotImported): number {
  if (unaddressed === 0) return count - removed;
  return code === "UserMapping" ? count - removed : Math.max(0, count - unaddressed - removed);
}

type Opened = {
  readonly deliveries: number;
  readonly withoutAttachment: number;
  readonly next: string | null;
  readonly state: ConnectorState;
  readonly rules: MappingRules;
};

/** Deliveries with a mailbox become pending here; those without are looked for anew. */
export async function retryItems(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  choice: RetryChoice,
): Promise<ActionResult<{ readonly items: number; readonly message: string }>> {
  const asked = [choice.runId, choice.mailboxId, ...(choice.deliveryIds ?? [])];
  if (asked.some((id) => id !== null && !isId(id))) return refused(gone);
  let retried = 0;
  let withoutAttachment = 0;
  let opened: Opened | null = null;
  for (let after: string | null = null; ; after = opened.next) {
    const part = await reopenSome(deps, actor, connectorId, choice, after);
    if (!part.ok) return part;
    opened = part.value;
    retried += opened.deliveries;
    withoutAttachment += opened.withoutAttachment;
    if (opened.next === null) break;
  }
  const left = isId(connectorId)
    ? await deps.store.repairs.byReason(actor.tenantId, connectorId, choice)
    : [];
  const found = await resolveAgain(deps, actor, connectorId, choice, left, opened.rules);
  const items = retried + found;
  if (items === 0) return nothingToRetry(left);
  const words = [
    againInWords(items, opened.state),
    ...(withoutAttachment > 0 ? [notAskedAgain] : []),
    ...remarks(left, found),
  ];
  return done({ items, message: words.join(" ") });
}

async function reopenSome(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  choice: RetryChoice,
  after: string | null,
): Promise<ActionResult<Opened>> {
  const reopened = await change(deps, actor, connectorId, async (tx, connector, at) => {
    const { tenantId } = actor;
    const { runId } = choice;
    if (runId !== null && !(await tx.runs.exists(tenantId, connectorId, runId))) {
      return refused(gone);
    }
    const part = await tx.repairs.reopen(tenantId, connectorId, choice, after, deliveriesAtATime);
    if (part.deliveries > 0) {
      const details = retriedDetails(choice, part.deliveries);
      await tx.audit.append(tenantId, event(actor, connectorId, "run.retried", details, at));
    }
    return done({ ...part, state: connector.state, rules: connector });
  });
  if (!reopened.ok) return reopened;
  await poke(deps, { laneIds: reopened.value.laneIds });
  return reopened;
}

/** Asks mapping and directory again when the choice holds somebody who was not found. */
async function resolveAgain(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  choice: RetryChoice,
  left: readonly NotImported[],
  rules: MappingRules,
): Promise<number> {
  if (!left.some(({ code }) => code === "UserMapping")) return 0;
  const found = await resolveUnmappedQuietly(deps, connectorId, rules);
  if (found > 0) {
    const at = deps.clock.now();
    const details = { ...retriedDetails(choice, found), mailboxesFound: true };
    await deps.store.transaction((tx) =>
      tx.audit.append(actor.tenantId, event(actor, connectorId, "run.retried", details, at)),
    );
  }
  return found;
}

function retriedDetails({ runId, code, mailboxId, deliveryIds }: RetryChoice, items: number) {
  const named: RepairChoice = {
    ...(runId === null ? {} : { runId }),
    ...(code === null ? {} : { code }),
    ...(mailboxId === null ? {} : { mailboxId }),
    ...(deliveryIds === null ? {} : { deliveryIds }),
  };
  return { ...named, items };
}

const gone = "What was to be retried is no longer there. Reload the page.";

function nothingToRetry(left: readonly NotImported[]): Refusal {
  const why = left.length === 0 ? ["Nothing of this is waiting to be retried."] : remarks(left, 0);
  return refused(`No item was retried. ${why.join(" ")}`);
}

const notAskedAgain = "Attachments that TeleMessage did not give are not asked for again.";

function againInWords(items: number, state: ConnectorState): string {
  const again = `${counted(items, "item is", "items are")} tried again`;
  const asSoonAs = {
    paused: " as soon as the connector is resumed",
    needsAttention: " as soon as what stopped the connector is mended",
  };
  return `${again}${state === "paused" || state === "needsAttention" ? asSoonAs[state] : ""}.`;
}

/** Why the rest of the choice stays where it is. */
function remarks(left: readonly NotImported[], found: number): string[] {
  const sum = (of: (row: NotImported) => number) => left.reduce((total, row) => total + of(row), 0);
  const removed = sum((row) => row.removed);
  const unmapped = sum((row) => (row.code === "UserMapping" ? row.count - row.removed : 0)) - found;
  const unreadable = sum((row) => (row.code === "UserMapping" ? 0 : row.unaddressed));
  return [
    ...(removed > 0
      ? [`${counted(removed, "item has", "items have")} no staged original any longer.`]
      : []),
    ...(unmapped > 0
      ? [
          `${counted(unmapped, "item waits", "items wait")} for a mapping and ${unmapped === 1 ? "is" : "are"} then imported by ${unmapped === 1 ? "itself" : "themselves"}.`,
        ]
      : []),
    ...(unreadable > 0
      ? [`${counted(unreadable, "item", "items")} cannot be read: ask TeleMessage about it.`]
      : []),
  ];
}

function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}
