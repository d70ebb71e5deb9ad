/** An installation whose archive is a folder of files in memory. */
import { tmpdir } from "node:os";
import { openSftpSession } from "@/lib/adapters/sftp/session";
import { eml } from "@/lib/core/eml-builder";
import { lookBackDuty } from "@/lib/services/sync/look-back";
import type { SyncParts } from "@/lib/services/sync/parts";
import { alice, bob, hoursAgo, world } from "./records";
import { type RemoteFolder, remoteFolder } from "./remote-folder";
import { accountId, createSyncWorld, type TestConnector } from "./sync-world";
import { zipLimits } from "./zip-files";

export type DeliveredWorld = Awaited<ReturnType<typeof createDeliveredWorld>>;

type Drop = RemoteFolder & { readonly parts: SyncParts };

export async function createDeliveredWorld() {
  const open = await createSyncWorld(world([alice, bob], []), { pageSize: 3 });
  return {
    ...open,

    /** The engine as it is, with a folder of files in place of the archive API. */
    async dropped(
      more: Partial<SyncParts> = {},
      { movesFinishedFiles = false } = {},
    ): Promise<Drop> {
      await open.reset(world([alice, bob], []));
      const remote = remoteFolder();
      const source: SyncParts["source"] = {
        signIn: async () => ({ id: accountId, name: "Test" }),
        open: (_credential, ledger) =>
          openSftpSession(
            {
              ...{ connect: remote.connect, directory: tmpdir(), spoolBytes: 1e9 },
              ...{ account: () => ({ id: accountId, name: "Test" }), movesFinishedFiles },
              limits: zipLimits,
            },
            ledger,
          ),
      };
      const put = (file: string, bytes: Buffer) => remote.put(file, bytes, new Date());
      return { ...remote, put, parts: { ...open.parts, source, ...more } };
    },

    /** A connector whose first run has read what lies there. */
    async imported({ parts }: Drop): Promise<TestConnector> {
      const connector = await open.finish();
      await open.drain([parts]);
      return connector;
    },

    /** Days later, when every window is asked about again. */
    async lookBack({ parts }: Drop, days = 1): Promise<void> {
      const now = () => hoursAgo(-24 * days);
      await lookBackDuty.work({ ...parts, clock: { now } }, open.signal);
      await open.drain([parts]);
    },

    async texts(upn: string): Promise<string[]> {
      const found = await open.mail(upn);
      return found.map(({ body }) => /Text of \w+/.exec(body.content)?.[0] ?? body.content).sort();
    },
    files: (): Promise<Record<string, unknown>[]> =>
      open.sql.query(
        `SELECT "name", "state", "reason", "count" FROM "DeliveredFile" ORDER BY "name"`,
      ),
    items: (): Promise<Record<string, unknown>[]> =>
      open.sql.query(
        `SELECT "sourceItemId", "recordSha256", "messageSha256", "kind" FROM "SyncItem" ORDER BY "sourceItemId"`,
      ),
    gaps: (): Promise<Record<string, unknown>[]> =>
      open.sql.query(`SELECT "fileName", "runId", "reason" FROM "Gap" ORDER BY "fileName"`),
  };
}

export function name(number: number, hours = 3): string {
  const time = hoursAgo(hours).toISOString().replace(/\D/g, "").slice(0, 14);
  return `${time.slice(0, 8)}0000-TeleMessage_${number}_${time}.zip`;
}

/** Once, so that a message made twice is the same. */
export const sentAt = hoursAgo(4).toUTCString();

export const person = ({ name: called, mobile, upn }: typeof alice) =>
  `${called} ${mobile}${upn === "" ? "" : ` <${upn}>`}`;

export function mail(
  id: string,
  more: Readonly<Record<string, string | null>> = {},
  from = alice,
): Buffer {
  return eml(
    {
      ...{ "Message-ID": `<${id}@vendor.example>`, From: person(from), To: person(bob) },
      Date: sentAt,
      Subject: `WhatsApp Message From ${from.mobile} to ${bob.mobile}`,
      ...more,
    },
    `Text of ${id}`,
  );
}

export const mails = (count: number, prefix = "m") =>
  Array.from({ length: count }, (_, index) => mail(`${prefix}${index}`));
