/** An installation for tests of the sync engine whose archive is an OpenSSH server, with the portal beside it. */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { Actor } from "@/lib/core/access";
import { eml } from "@/lib/core/eml-builder";
import { lookBackDuty } from "@/lib/services/sync/look-back";
import { closeOutside, createOutside, openPortal } from "@/lib/wiring";
import { startSftpServer } from "@/scripts/testing/sftp-server";
import { alice, bob, hoursAgo, world } from "./records";
import { createSftpDrop, type SftpDrop } from "./sftp-connector";
import type { Manner } from "./sftp-peers";
import { createSyncWorld, tenantId } from "./sync-world";

export type SftpWorld = Awaited<ReturnType<typeof createSftpWorld>>;

const actor: Actor = {
  ...{ tenantId, id: "3f2c0d6e-0000-4000-8000-00000000000a", name: "Ada", upn: "ada@contoso.com" },
  roles: ["Connector.Admin"],
};

export async function createSftpWorld() {
  const open = await createSyncWorld(world([alice, bob], []), { pageSize: 50 });
  const server = await startSftpServer();
  const outside = createOutside(open.config, "portal");
  const { connectors } = openPortal(open.config, outside);
  const drops: SftpDrop[] = [];
  const run = (runId: string) => open.run(runId);

  return {
    ...{ server, run, drain: () => open.drain(), parts: open.parts, signal: open.signal },
    sql: open.sql,
    duplicates: () => open.duplicates(),

    async dropped(manner: Manner = {}): Promise<SftpDrop> {
      await open.reset(world([alice, bob], []));
      const drop = await createSftpDrop(open, server, manner);
      drops.push(drop);
      return drop;
    },
    async beside(): Promise<SftpDrop> {
      const drop = await createSftpDrop(open, server);
      drops.push(drop);
      return drop;
    },
    async closeDrops(): Promise<void> {
      for (const drop of drops.splice(0)) await drop.relay.close();
    },

    /** Resolves when some of what is brought from now on is here, and not all of it. */
    midwayOf({ relay }: SftpDrop): () => Promise<void> {
      const before = relay.passed();
      const brought = () => relay.passed() - before;
      return () => expect.poll(brought, { interval: 5, timeout: 20_000 }).toBeGreaterThan(200_000);
    },

    /** Waits of the failure table pass at once. */
    async workUntil(isReached: () => Promise<boolean>): Promise<void> {
      const ready = async () => {
        await open.later();
        return isReached();
      };
      await open.drainUntil(ready, { deadlineMs: 45_000 });
    },
    isWhole: (runId: string) => async () =>
      ["SUCCEEDED", "PARTIAL"].includes(String((await run(runId))["state"])),

    /** A day later, when every window is asked about again. */
    async lookBack(): Promise<void> {
      const now = () => hoursAgo(-24);
      await lookBackDuty.work({ ...open.parts, clock: { now } }, open.signal);
      await open.drain();
    },

    async attention(id: string) {
      const [row] = await open.sql.query<{ state: string; attentionCode: string | null }>(
        `SELECT "state", "attentionCode" FROM "Connector" WHERE "id" = $1`,
        [id],
      );
      return row;
    },
    pause: async (id: string) =>
      expect(await connectors.pause(actor, id)).toMatchObject({ ok: true }),
    resume: async (id: string) =>
      expect(await connectors.resume(actor, id)).toMatchObject({ ok: true }),
    async edit(id: string, { password = "", hostKey = "" }): Promise<void> {
      const [row] = await open.sql.query<{ version: number }>(
        `SELECT "version" FROM "Connector" WHERE "id" = $1`,
        [id],
      );
      const edited = await connectors.edit(
        ...([actor, id, row?.version ?? 0] as const),
        {
          ...{ name: "WhatsApp Archiver", timeOfDay: "02:00", zone: "UTC", sizeLimit: "150" },
          ...{ username: server.username, password, automaticMapping: true, mappingFileId: null },
          ...{ largeAttachments: true, leavesBadLinesOut: false },
          sftp: { privateKey: "", passphrase: "", hostKey, movesFinishedFiles: false },
        },
        open.signal,
      );
      expect(edited).toMatchObject({ ok: true });
    },

    /** Of what lies in the mailbox, by the ids of `mailOf`. */
    async arrived(): Promise<string[]> {
      const found = await open.mail(bob.upn);
      return found.map(({ body }) => /Text of (\w+)/.exec(body.content)?.[1] ?? "").sort();
    },
    files: (): Promise<Record<string, unknown>[]> =>
      open.sql.query(
        `SELECT "name", "state", "reason", "count", "sha256" FROM "DeliveredFile" ORDER BY "name"`,
      ),

    async close(): Promise<void> {
      await closeOutside(outside);
      await open.close();
      await server.stop();
    },
  };
}

const sentAt = hoursAgo(4).toUTCString();

export function mailOf(id: string, more = ""): Buffer {
  const headers = {
    ...{ "Message-ID": `<${id}@vendor.example>`, Date: sentAt },
    From: `${alice.name} ${alice.mobile} <${alice.upn}>`,
    To: `${bob.name} ${bob.mobile} <${bob.upn}>`,
    Subject: `WhatsApp Message From ${alice.mobile} to ${bob.mobile}`,
  };
  return eml(headers, `Text of ${id}${more}`);
}

/** Of what cannot be packed any smaller than by half; it fits on a page. */
export function largeMail(id: string): Buffer {
  return mailOf(id, `\r\n${randomBytes(450_000).toString("hex")}`);
}

const zippedAt = hoursAgo(3).toISOString().replace(/\D/g, "").slice(0, 14);

export function zipName(number: number, time = zippedAt): string {
  return `${time.slice(0, 8)}0000-TeleMessage_${number}_${time}.zip`;
}
