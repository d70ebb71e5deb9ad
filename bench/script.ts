/**
 * The floor of a whole import: what somebody would write in an afternoon. Composes the message, puts
 * it into a blob, posts it, updates a table. No ledger, no claims, no look before a repetition:
 * killed anywhere it loses mail or writes it twice.
 */
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { BlobServiceClient } from "@azure/storage-blob";
import pg from "pg";
import { openGraph, plainCreate } from "./graph-client";
import type { Services } from "./services";
import { putWorld } from "./simulator";
import { addressOf, mailboxesOf, textOf, type WorldSize } from "./world";

export type Script = WorldSize & { readonly itemsPerBlob: number };

/** As many requests in flight as the product sends at most. */
const atOnce = 64;
/** Blobs of the next items are written while those before are posted. */
const blobsAtOnce = 4;
const blobsAtOnceAlone = 32;

/** @returns messages a second */
export async function runScript(services: Services, script: Script): Promise<number> {
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
  const startedAt = performance.now();

  const slots = gate(atOnce);
  const passGroup = async (first: number) => {
    const group = Array.from(
      { length: Math.min(itemsPerBlob, items - first) },
      (_, step) => first + step,
    );
    const mails: Buffer[] = [];
    for (const index of group) mails.push(await compose(index, script));
    const blob = container.getBlockBlobClient(`${first}.eml`);
    const bytes = Buffer.concat(mails);
    await blob.upload(bytes, bytes.length);
    const posts = group.flatMap((index) =>
      mailboxesOf(index, script).map(async (mailbox) => {
        const leave = await slots();
        await graph.create(mailbox, plainCreate(index, htmlOf(index))).finally(leave);
      }),
    );
    await Promise.all(posts);
    await database.query(
      `UPDATE "ScriptItem" SET "state" = 'IMPORTED', "doneAt" = now() WHERE "id" = ANY($1::int[])`,
      [group],
    );
  };
  const groups = Array.from(
    { length: Math.ceil(items / itemsPerBlob) },
    (_, group) => group * itemsPerBlob,
  ).values();
  const lines = itemsPerBlob === 1 ? blobsAtOnceAlone : blobsAtOnce;
  await Promise.all(
    Array.from({ length: lines }, async () => {
      for (const first of groups) await passGroup(first);
    }),
  );

  const seconds = (performance.now() - startedAt) / 1000;
  graph.close();
  await database.end();
  return (items * script.copies) / seconds;
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
  return `<html><body><p>${textOf(index)}</p>${"<p>A line of the page around it.</p>".repeat(90)}</body></html>`;
}

/** First come, first served; answers what gives the place back. */
function gate(places: number): () => Promise<() => void> {
  let free = places;
  const waiting: (() => void)[] = [];
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return leave;
  };
}
