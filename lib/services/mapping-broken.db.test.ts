/** An upload that breaks off, in whatever way, leaves no half version and keeps nobody from the next one. */
import { once } from "node:events";
import { createServer, request as requestOf } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import { createPortalWorld, never, type PortalWorld } from "@/lib/testing/portal-world";

let world: PortalWorld;
let actor: Actor;
beforeAll(async () => {
  world = await createPortalWorld();
});
beforeEach(async () => {
  actor = await world.admin();
  await world.reachReview(actor);
});
afterAll(() => world.close());

const lines = Array.from(
  { length: 20_000 },
  (_, index) => `44520433${index},p${index}@contoso.com`,
);
const whole = Buffer.from(["ExternalUserId,O365UserMailbox", ...lines, ""].join("\n"));
const half = whole.subarray(0, whole.length / 2);

const countOf = async (table: string) =>
  (await world.database.query(`SELECT 1 FROM "${table}"`)).length;

function upload(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) {
  const input = { connectorId: null, fileName: "m.csv", sizeBytes: whole.length, sha256: "" };
  return world.services.mappings.upload(actor, { ...input, defaultCountry: null }, bytes, signal);
}

/** The rows of the first half are being kept. */
async function isBegun(): Promise<void> {
  await expect.poll(() => countOf("MappingEntry"), { timeout: 60_000, interval: 20 }).not.toBe(0);
}

async function expectNothingLeft(): Promise<void> {
  expect([await countOf("MappingFile"), await countOf("MappingEntry")]).toEqual([0, 0]);
  expect((await world.upload(actor, "Mobile,Email\n445204334324,a@b.co\n")).ok).toBe(true);
  await world.database.query(`UPDATE "ConnectorDraft" SET "mappingFileId" = NULL`);
  await world.database.query(`DELETE FROM "MappingFile"`);
}

test("a page that is closed while nothing arrives", async () => {
  const closing = new AbortController();
  async function* stalling() {
    yield half;
    await new Promise(() => undefined);
  }
  const uploading = upload(stalling(), closing.signal);
  const refused = expect(uploading).rejects.toThrow("abort");
  await isBegun();
  closing.abort();
  await refused;
  await expectNothingLeft();
});

test.each([
  ["as Node gives it", (body: Readable): AsyncIterable<Uint8Array> => body],
  [
    "as a stream of the web",
    (body: Readable) => Readable.toWeb(body) as unknown as AsyncIterable<Uint8Array>,
  ],
])(
  "a connection that is cut in the middle of a real request, its body %s",
  async (_name, bodyOf) => {
    let outcome: Promise<unknown> = Promise.resolve();
    const server = createServer((request) => {
      outcome = upload(bodyOf(request), never).then(
        () => "kept",
        () => "broken off",
      );
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const sending = requestOf({
      port,
      method: "POST",
      headers: { "Content-Length": whole.length },
    });
    sending.on("error", () => undefined);
    sending.write(half);
    await isBegun();
    sending.destroy();
    expect(await outcome).toBe("broken off");
    await expectNothingLeft();
    server.close();
  },
);
