/** ZIPs on a real SFTP server, read and recorded, beside a bare script that reads them from the same server. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { startSftpServer, type SftpServer } from "../../scripts/testing/sftp-server";
import type { DeliveredOrder, DeliveredReport } from "../delivered";
import { type DeliverySize, writeDelivery } from "../delivery";
import { install, type Installation } from "../installation";
import { type Context, type Measure, type Row, scaled } from "../row";
import { tenantId } from "../simulator";

const mailboxes = 200;

export const delivered: Row = {
  name: "delivered",
  seconds: 60,
  about: "20,000 mails in ZIPs of 1,000 on an SFTP server, from claim to recorded",
  runs: 3,
  measure: (context) =>
    read(context, "delivered, 20,000 mails", {
      ...{ zips: 20, mails: scaled(1_000, context.scale), mailboxes, fileBytes: 0 },
    }),
};

export const deliveredLarge: Row = {
  name: "delivered-large",
  seconds: 600,
  about: "5 GB of mails with files in one ZIP of the form for large files",
  runs: 1,
  isByHand: true,
  measure: (context) =>
    read(context, "delivered, 5 GB of mails", {
      ...{ zips: 1, mails: scaled(500, context.scale), mailboxes, fileBytes: 7_500_000 },
    }),
};

async function read(
  { services }: Context,
  name: string,
  size: DeliverySize,
): Promise<readonly Measure[]> {
  const mails = size.zips * size.mails;
  const world = { items: 0, mailboxes, copies: 2 } as const;
  const [server, installation] = await Promise.all([
    startSftpServer(),
    install(services, world, { workers: 0 }),
  ]);
  try {
    const names = await writeDelivery(server.folder, size);
    const runId = await finish(installation, server);
    const ours = await inProcess({ reader: "ours", config: installation.config, runId });
    const [recorded] = await installation.outside.database.query<{ items: number }>(
      `SELECT count(*)::int AS "items" FROM "SyncItem" WHERE "tenantId" = $1 AND "runId" = $2`,
      [tenantId, runId],
    );
    if (recorded?.items !== mails) throw new Error(`Only ${recorded?.items} were recorded`);
    const { host, port, username, privateKey, folder } = server;
    const where = { host, port, username, privateKey, folder };
    const script = await inProcess({ reader: "script", server: where, names });
    return [
      {
        ...{ name, unit: "mails/s", ours: mails / ours.seconds, floor: mails / script.seconds },
        ...{ goal: null, note: `the script took ${script.peakMb.toFixed(0)} MB at its peak` },
      },
      {
        ...{ name: `${name}, memory`, unit: "MB at its peak", ours: ours.peakMb, floor: null },
        goal: { atMost: 512 },
      },
    ];
  } finally {
    await installation.close();
    await server.stop();
  }
}

/** Finish, and then the connector's delivery is that server instead of the simulator's archive. */
async function finish({ outside, ...rest }: Installation, server: SftpServer): Promise<string> {
  const runId = await rest.finish();
  const { host, port, username, privateKey, folder } = server;
  const hostKey = server.hostKey();
  const place = { host, port, username, folder, hostKey, movesFinishedFiles: false };
  const secrets = { password: null, privateKey, passphrase: null };
  const credential = { delivery: "SFTP", ...place, ...secrets } as const;
  const account = await outside.source.signIn(credential, new AbortController().signal);
  const [row] = await outside.database.query<{ credentialId: string }>(
    `UPDATE "Connector" SET "delivery" = 'SFTP', "sourceAccountId" = $2, "sourceUsername" = $3,
       "sftpHost" = $4, "sftpPort" = $5, "sftpFolder" = $6, "sftpHostKey" = $7
     WHERE "tenantId" = $1 RETURNING "credentialId"`,
    [tenantId, account.id, username, host, port, folder, hostKey],
  );
  const id = row?.credentialId ?? "";
  const sealed = outside.secretBox.seal(JSON.stringify(secrets), `credential:${tenantId}:${id}`);
  await outside.database.query(`UPDATE "Credential" SET "ciphertext" = $2 WHERE "id" = $1`, [
    id,
    Buffer.from(sealed),
  ]);
  return runId;
}

async function inProcess(order: DeliveredOrder): Promise<DeliveredReport> {
  const child = fork("bench/delivered.ts", [], {
    execArgv: ["--import", "tsx"],
    serialization: "advanced",
  });
  child.send(order);
  const [report] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => Promise.reject(new Error("The reader failed, see above"))),
  ])) as [DeliveredReport];
  return report;
}
