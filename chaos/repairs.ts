/** What an administrator does about single runs: reading again, cancelling, retrying, acknowledging. */
import type { Actor } from "@/lib/core/access";
import type { RetryChoice } from "@/lib/core/item-view";
import type { Deed } from "./deeds";
import type { Installation } from "./installation";

type Retry = Extract<Deed, { kind: "retry" }>;
type CancelRun = Extract<Deed, { kind: "cancelRun" }>;
type Answer = { readonly ok: boolean };

const everything: RetryChoice = { runId: null, deliveryIds: null, code: null, mailboxId: null };

const dayMs = 24 * 60 * 60_000;
const settleMs = 5 * 60_000;

export type Repairs = {
  /** Yesterday, or from a day on until the one that a connector made now would begin with. */
  backfill(since?: Date): Promise<Answer>;
  cancel(deed: CancelRun): Promise<Answer>;
  retry(deed: Retry): Promise<Answer | null>;
  /** @returns how many items there were */
  retryAll(codes: readonly string[]): Promise<number>;
  acknowledgeGaps(): Promise<Answer>;
};

export function createRepairs(
  { portal: { connectors }, connectorId, ledger: { rows } }: Installation,
  actor: Actor,
): Repairs {
  async function backfill(since?: Date) {
    // The first window of a connector made now begins on this day; it is over in any case.
    const to = dayOf(new Date(Date.now() - dayMs - settleMs));
    const from = since === undefined ? to : dayOf(since);
    return connectors.backfill(actor, await connectorId(), { from, to });
  }
  return {
    backfill,

    async cancel({ which }) {
      const id = await connectorId();
      const open = await rows<{ id: string }>(
        `SELECT "id" FROM "SyncRun" WHERE "connectorId" = $1 AND ("state" = 'IMPORTING'
           OR "state" IN ('QUEUED', 'TRANSFERRING') AND "kind" IN ('BACKFILL', 'LOOKBACK'))
         ORDER BY "id" ${which === "oldest" ? "" : "DESC"} LIMIT 1`,
        [id],
      );
      const [run] = open;
      if (run !== undefined) return connectors.cancelRun(actor, id, run.id);
      // Nothing is under way that may be cancelled: something is begun for it.
      const begun = await backfill();
      return begun.ok ? connectors.cancelRun(actor, id, begun.value.runId) : begun;
    },

    async retry({ by }) {
      const failed = await rows<Choosable>(
        `SELECT "id", "runId", "failureCode", "mailboxId" FROM "Delivery"
         WHERE "connectorId" = $1 AND "state" IN ('FAILED', 'PARTIALLY_IMPORTED')
         ORDER BY "mailboxId" IS NULL, "id" LIMIT 3`,
        [await connectorId()],
      );
      const [one] = failed;
      if (one === undefined) return null;
      const choice = { ...everything, ...chosen(by, one, failed) };
      return connectors.retry(actor, await connectorId(), choice);
    },

    async retryAll(codes) {
      let items = 0;
      for (const code of codes) {
        const answer = await connectors.retry(actor, await connectorId(), { ...everything, code });
        if (answer.ok) items += answer.value.items;
      }
      return items;
    },

    async acknowledgeGaps() {
      const gaps = await rows<{ id: string; connectorId: string }>(
        `SELECT g."id", g."connectorId" FROM "Gap" g JOIN "Connector" c ON c."id" = g."connectorId"
         WHERE g."acknowledgedAt" IS NULL AND c."state" <> 'DELETED'`,
      );
      for (const gap of gaps) {
        const reason = "The archive holds it no longer.";
        const { connectorId: owner, id } = gap;
        const answer = await connectors.acknowledgeGap(actor, owner, id, reason);
        if (!answer.ok) return answer;
      }
      return { ok: true };
    },
  };
}

type Choosable = {
  readonly id: string;
  readonly runId: string;
  readonly failureCode: string | null;
  readonly mailboxId: string | null;
};

function chosen(
  by: Retry["by"],
  { runId, failureCode, mailboxId }: Choosable,
  all: readonly Choosable[],
): Partial<RetryChoice> {
  if (by === "code") return { code: failureCode };
  if (by === "mailbox" && mailboxId !== null) return { mailboxId };
  if (by === "items") return { deliveryIds: all.map(({ id }) => id) };
  return { runId };
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}
