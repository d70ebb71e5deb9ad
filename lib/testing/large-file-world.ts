/** An installation whose archive has files that do not fit into the create of their message. */
import { expect } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "./records";
import type { Mail } from "./sync-ledger";
import { createSyncWorld, noDuplicates, type TestConnector } from "./sync-world";

export type LargeFileWorld = Awaited<ReturnType<typeof createLargeFileWorld>>;

/** Into the create, in a request of its own, in three pieces. */
export const sizes = [900_000, 2_500_000, 9_000_000];

export const pieces = "attachment-sessions";

export const complete = {
  ...{ state: "SUCCEEDED", imported: 1, partiallyImported: 0, failed: 0, open: 0 },
};

export async function createLargeFileWorld() {
  const open = await createSyncWorld(world([alice, bob], []), {
    ...{ inDoubtMs: 300, laneLeaseMs: 900, laneRenewMs: 300, uploadRetryMs: 5 },
  });
  const only = async (): Promise<Mail | undefined> => {
    const mail = await open.mail(alice.upn);
    expect(mail).toHaveLength(1);
    return mail[0];
  };
  return {
    ...open,
    only,

    async calm(): Promise<void> {
      await open.control("DELETE", "/faults");
      await open.control("DELETE", "/stats");
    },

    /** One message with files of these sizes, and what else the archive has; nothing is transferred yet. */
    async filled(
      sizesBytes: readonly number[] = sizes,
      more: readonly unknown[] = [],
    ): Promise<TestConnector> {
      const attachments = sizesBytes.map((sizeBytes, index) => ({
        ...{ id: `a${index}`, sizeBytes, name: `a${index}.bin`, contentType: "video/mp4" },
      }));
      const body = { messageType: "FILE", attachments };
      const stored = sizesBytes.map(
        (sizeBytes, seed) => [`a${seed}`, { sizeBytes, seed }] as const,
      );
      const records = [chat({ id: "with", receivedAt: hoursAgo(2), body }), ...more];
      await open.reset(world([alice, bob], records, Object.fromEntries(stored)));
      const connector = await open.finish();
      await open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 157286400`);
      return connector;
    },

    fault: (method: string, path: string, effect: object, times = 1, skip = 0) =>
      open.control("POST", "/faults", { service: "graph", method, path, times, skip, effect }),

    async requests(method: string, ending: string): Promise<number> {
      type Row = { method: string; route: string; count: number };
      const { requests: rows } = (await open.control("GET", "/stats")) as { requests: Row[] };
      return rows
        .filter((row) => row.method === method && row.route.endsWith(ending))
        .reduce((sum, { count }) => sum + count, 0);
    },

    async isWhole(): Promise<void> {
      const staged = await open.sql.query<{ sha256: string }>(
        `SELECT "sha256" FROM "StagedAttachment"`,
      );
      const written = (await only())?.attachments.map(({ sha256 }) => sha256) ?? [];
      expect(written.toSorted()).toEqual(staged.map(({ sha256 }) => sha256).toSorted());
      expect(await open.duplicates()).toEqual(noDuplicates);
    },

    closed: (runId: string) => async (): Promise<boolean> => {
      await open.later();
      return (await open.run(runId))["closedAt"] !== null;
    },
  };
}
