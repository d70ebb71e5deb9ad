/**
 * The floor of a whole import: what somebody would write in an afternoon. Composes the message, puts
 * it into a blob, posts it, updates a table. No ledger, no claims, no look before a repetition:
 * killed anywhere it loses mail or writes it twice.
 */
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { BlobServiceClient } from "@azure/storage-blob";
import pg from "pg";
import { gate } from "@/lib/core/gate";
import { startCpu } from "./cpu";
import { openGraph, plainCreate } from "./graph-client";
import type { Services } from "./services";
import { putWorld } from "./simulator";
import { addressOf, mailboxesOf, textOf, type WorldSize } from "./world";

export type Script = WorldSize & { readonly itemsPerBlob: number };

/** As many requests in flight as the product sends at most. */
const atOnce = 64;
const blobsAtOnce = 32;
/** Groups in hand at a time, so that blobs of the next are written while those before are posted. */
const groupsAtOnce = 4;
const itemsPerUpdate = 200;

export type ScriptRun = { readonly rate: number; readonly cpu: string };

/** `rate`: messages a second */
export async function runScript(services: Services, script: Script): Promise<ScriptRun> {
  await putWorld(services, { ...script, items: 0 });
  const database = new pg.Pool({ connectionString: await services.newDatabase(), max: 8 });
  const container = BlobServiceClient.fromConnectionString(services.storage).getContainerClient(
    `script-${randomBytes(4).toString("hex")}`,
  );
  await container.create();
  await database.query(
    `CREATE TABLE "ScriptItem" ("id" int PRIMARY KEY, "state" text NOT NULL, "doneAt" timestamptz)`,
  );
  await database.query(
    `INSERT INTO "ScriptItem" SELECT i, 'PENDING' FROM generate_series(0, $1 - 1) i`,
    [script.items],
  );
  const graph = await openGraph(services, atOnce);
  const { items, itemsPerBlob } = script;
  const cpu = startCpu(services, [], { script: process.pid });
  const startedAt = performance.now();

  const toGraph = gate(atOnce);
  const toStorage = gate(blobsAtOnce);
  const passBlob = async (indexes: readonly number[]) => {
    const mails: Buffer[] = [];
    for (const index of indexes) mails.push(await compose(index, script));
    const bytes = Buffer.concat(mails);
    const blob = container.getBlockBlobClient(`${indexes[0]}.eml`);
    await toStorage(() => blob.upload(bytes, bytes.length));
    const posts = indexes.flatMap((index) =>
      mailboxesOf(index, script).map((mailbox) =>
        toGraph(() => graph.create(mailbox, plainCreate(index, htmlOf(index)))),
      ),
    );
    await Promise.all(posts);
  };
  const passGroup = async (indexes: readonly number[]) => {
    await Promise.all(inPieces(indexes, itemsPerBlob).map(passBlob));
    await database.query(
      `UPDATE "ScriptItem" SET "state" = 'IMPORTED', "doneAt" = now() WHERE "id" = ANY($1::int[])`,
      [indexes],
    );
  };
  const groups = inPieces([...Array(items).keys()], itemsPerUpdate).values();
  const line = async () => {
    for (const indexes of groups) await passGroup(indexes);
  };
  await Promise.all(Array.from({ length: groupsAtOnce }, line));

  const seconds = (performance.now() - startedAt) / 1000;
  const told = cpu.told(items * script.copies);
  graph.close();
  await database.end();
  // The more blobs Azurite holds, the slower it is for whoever comes next.
  await container.delete();
  return { rate: (items * script.copies) / seconds, cpu: told };
}

type Composer = new (mail: object) => {
  compile(): { build(done: (error: Error | null, bytes: Buffer) => void): void };
};

/** It comes with the parser the tests use; of its own it would argue with next-auth about versions. */
const fromParser = createRequire(createRequire(import.meta.url).resolve("mailparser"));
const MailComposer = fromParser("nodemailer/lib/mail-composer") as Composer;

function compose(index: number, size: WorldSize): Promise<Buffer> {
  const [owner = 0, ...to] = mailboxesOf(index, size).map(addressOf);
  const mail = new MailComposer({
    from: owner,
    to,
    subject: `Message ${index}`,
    messageId: `<script-${index}@contoso.com>`,
    date: new Date(),
    text: textOf(index),
    html: htmlOf(index),
  });
  return new Promise((resolve, reject) => {
    mail.compile().build((error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}

/** About as long as the product's own page of a chat. */
function htmlOf(index: number): string {
  return `<html><body><p>${textOf(index)}</p>${"<p>A line around it.</p>".repeat(115)}</body></html>`;
}

function inPieces<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, piece) =>
    values.slice(piece * size, (piece + 1) * size),
  );
}
