import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { BlobServiceClient } from "@azure/storage-blob";
import { beforeEach, describe, expect, inject, test } from "vitest";
import { SyncError, type FailureCode } from "@/lib/core/errors";
import type { Staging } from "@/lib/ports/staging";
import { countedStorage } from "@/lib/testing/counted-storage";
import { openContainer } from "./container";
import { fileFrameBytes, sealedFileFrameBytes } from "./frames";
import { createStaging, type StagingOptions } from "./staging";

const connectionString = inject("TEST_STORAGE_CONNECTION_STRING");
const never = new AbortController().signal;
const prefix = "tenant/run/1";
const key = { id: "a", key: randomBytes(32) };
const records = [100, 0, 3_000].map((sizeBytes) => randomBytes(sizeBytes));

let container: string;
let staging: Staging;

beforeEach(() => {
  container = `test-${randomBytes(8).toString("hex")}`;
  staging = stagingOf();
});

describe("a segment", () => {
  test("gives back every record as it was, in any order", async () => {
    const { blobName, frames } = await staging.writeSegment(prefix, records, never);
    const read = frames.toReversed().map((frame) => staging.readRecord(blobName, frame, never));
    expect(await Promise.all(read)).toEqual(records.toReversed());
  });

  test("of a page of records costs one request, and reading it another", async () => {
    const storage = await countedStorage();
    const page = Array.from({ length: 200 }, () => randomBytes(700));
    const warm = stagingOf({ connectionString: storage.connectionString });
    await warm.writeSegment(prefix, records, never);
    storage.requests.length = 0;

    const { blobName, frames } = await warm.writeSegment(prefix, page, never);
    expect(storage.requests).toEqual(["PUT"]);
    await warm.preload(blobName, frames.slice(20, 70), never);
    const read = frames.map((frame) => warm.readRecord(blobName, frame, never));
    expect(await Promise.all(read)).toEqual(page);
    expect(storage.requests).toEqual(["PUT", "GET"]);
  });

  test("asked for by several lanes at once is fetched once", async () => {
    const storage = await countedStorage();
    const { blobName, frames } = await staging.writeSegment(prefix, records, never);
    const reader = stagingOf({ connectionString: storage.connectionString });
    await Promise.all(frames.map((frame) => reader.readRecord(blobName, frame, never)));
    expect(storage.requests).toEqual(["GET"]);
  });

  test("is fetched for a lane that goes on when the one that began was stopped", async () => {
    const storage = await countedStorage();
    const { blobName, frames } = await staging.writeSegment(prefix, records, never);
    const reader = stagingOf({ connectionString: storage.connectionString });
    const stop = new AbortController();
    const stopped = reader.preload(blobName, frames, stop.signal);
    const goesOn = reader.readRecord(blobName, first(frames), never);
    stop.abort();
    await expect(stopped).rejects.toEqual(new SyncError("Interrupted"));
    expect(await goesOn).toEqual(records[0]);
  });

  test("larger than the cache's chunks is read across their borders", async () => {
    const large = [900_000, 500_000, 3_000_000, 10].map((sizeBytes) => randomBytes(sizeBytes));
    const { blobName, frames } = await staging.writeSegment(prefix, large, never);
    await staging.preload(blobName, frames, never);
    const read = frames.map((frame) => staging.readRecord(blobName, frame, never));
    expect((await Promise.all(read)).map(sha256)).toEqual(large.map(sha256));
  });

  test("with a record that no cache should hold is read all the same", async () => {
    const large = [randomBytes(17_000_000), randomBytes(5)];
    const { blobName, frames } = await staging.writeSegment(prefix, large, never);
    await staging.preload(blobName, frames, never);
    const read = await Promise.all(frames.map((one) => staging.readRecord(blobName, one, never)));
    expect(read.map(sha256)).toEqual(large.map(sha256));
  });
});

describe("a file", () => {
  test.each([
    ["nothing", 0],
    ["one byte", 1],
    ["a frame less one byte", fileFrameBytes - 1],
    ["exactly a frame", fileFrameBytes],
    ["a frame and a byte", fileFrameBytes + 1],
    ["exactly a block", 4 * fileFrameBytes],
    ["several blocks", 9 * fileFrameBytes + 5],
  ])("of %s comes back whole, with its size and digest", async (_name, sizeBytes) => {
    const bytes = randomBytes(sizeBytes);
    const file = await staging.writeFile(prefix, inChunks(bytes), never);
    expect(file).toMatchObject({ sizeBytes, sha256: sha256(bytes) });
    expect((await readAll(file.blobName)).equals(bytes)).toBe(true);
  });

  test("passes on what went wrong where it came from, and leaves nothing", async () => {
    async function* cut() {
      yield randomBytes(5_000_000);
      throw new SyncError("SourceUnavailable");
    }
    const written = staging.writeFile(prefix, cut(), never);
    await expect(written).rejects.toEqual(new SyncError("SourceUnavailable"));
    expect(await names("tenant")).toEqual([]);
  });

  test("that was stopped is interrupted, not broken", async () => {
    const stop = new AbortController();
    async function* stopped() {
      yield randomBytes(5_000_000);
      stop.abort();
      yield randomBytes(5_000_000);
    }
    await failsWith("Interrupted", staging.writeFile(prefix, stopped(), stop.signal));
  });

  test.each([0, 1, 1_048_575, 1_048_576, 1_500_000, 2_097_152, 2_499_999])(
    "is read from byte %i on, frame by frame as from the beginning",
    async (start) => {
      const bytes = randomBytes(2_500_000);
      const { blobName } = await staging.writeFile(prefix, Readable.from([bytes]), never);
      const chunks: Uint8Array[] = [];
      for await (const chunk of staging.readFile(blobName, never, start)) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(bytes.subarray(start))).toBe(true);
    },
  );

  test("is not held in memory", async () => {
    const before = process.memoryUsage().rss;
    let most = 0;
    async function* large() {
      const chunk = randomBytes(1_000_000);
      for (let count = 0; count < 150; count += 1) {
        most = Math.max(most, process.memoryUsage().rss - before);
        yield chunk;
      }
    }
    const { blobName } = await staging.writeFile(prefix, large(), never);
    let sizeBytes = 0;
    for await (const chunk of staging.readFile(blobName, never)) {
      most = Math.max(most, process.memoryUsage().rss - before);
      sizeBytes += chunk.byteLength;
    }
    expect(sizeBytes).toBe(150_000_000);
    expect(most).toBeLessThan(60_000_000);
  });
});

describe("what lies in storage", () => {
  test("holds nothing in the clear, and no key to it", async () => {
    const { blobName } = await staging.writeSegment(prefix, [Buffer.from("the secret")], never);
    const { bytes, metadata } = await stored(blobName);
    expect(bytes.includes("secret")).toBe(false);
    expect(Object.keys(metadata)).toEqual(["key"]);
  });

  test("is sealed under a key of its own each time", async () => {
    const same = [Buffer.from("the same")];
    const one = await staging.writeSegment(prefix, same, never);
    const two = await staging.writeSegment(prefix, same, never);
    expect((await stored(one.blobName)).bytes).not.toEqual((await stored(two.blobName)).bytes);
  });

  test("cannot be opened after any byte was changed", async () => {
    const { blobName, frames } = await staging.writeSegment(prefix, [randomBytes(20)], never);
    const { bytes, metadata } = await stored(blobName);
    for (const at of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      await store(blobName, changed, metadata);
      await failsWith("StagingCorrupt", stagingOf().readRecord(blobName, first(frames), never));
    }
  });

  test("cannot be opened where one frame was put in another's place", async () => {
    const equal = [randomBytes(50), randomBytes(50)];
    const { blobName, frames } = await staging.writeSegment(prefix, equal, never);
    const { bytes, metadata } = await stored(blobName);
    const half = bytes.length / 2;
    await store(blobName, Buffer.concat([bytes.subarray(half), bytes.subarray(0, half)]), metadata);
    for (const frame of frames) {
      await failsWith("StagingCorrupt", staging.readRecord(blobName, frame, never));
    }
  });

  test("cannot be opened under another blob's name", async () => {
    const { blobName, frames } = await staging.writeSegment(prefix, records, never);
    const { bytes, metadata } = await stored(blobName);
    await store(`${prefix}/copy`, bytes, metadata);
    const read = staging.readRecord(`${prefix}/copy`, first(frames), never);
    await failsWith("StagingCorrupt", read);
  });

  test.each([
    ["in the middle of a frame", 100],
    ["between two frames", sealedFileFrameBytes],
    ["to nothing", 0],
  ])("is noticed to be a file that was cut %s", async (_name, sizeBytes) => {
    const bytes = randomBytes(2 * fileFrameBytes);
    const { blobName } = await staging.writeFile(prefix, inChunks(bytes), never);
    const { bytes: sealed, metadata } = await stored(blobName);
    await store(blobName, sealed.subarray(0, sizeBytes), metadata);
    await failsWith("StagingCorrupt", readAll(blobName));
  });

  test("is noticed to be a file with something appended", async () => {
    const { blobName } = await staging.writeFile(prefix, inChunks(randomBytes(10)), never);
    const { bytes, metadata } = await stored(blobName);
    await store(blobName, Buffer.concat([bytes, bytes]), metadata);
    await failsWith("StagingCorrupt", readAll(blobName));
  });

  test("is opened with an older key as long as it is there", async () => {
    const { blobName, frames } = await staging.writeSegment(prefix, records, never);
    const newer = { id: "b", key: randomBytes(32) };
    const rotated = stagingOf({ keys: [newer, key] });
    expect(await rotated.readRecord(blobName, first(frames), never)).toEqual(records[0]);
    const without = stagingOf({ keys: [newer] });
    await failsWith("StagingCorrupt", without.readRecord(blobName, first(frames), never));
  });

  test("sealed under a newer key is opened where that one stands at the end of the list", async () => {
    const newer = { id: "newer", key: randomBytes(32) };
    const ahead = stagingOf({ keys: [newer, key] });
    const { blobName, frames } = await ahead.writeSegment(prefix, records, never);
    const told = stagingOf({ keys: [key, newer] });
    expect(await told.readRecord(blobName, first(frames), never)).toEqual(records[0]);
    await failsWith("StagingCorrupt", staging.readRecord(blobName, first(frames), never));
  });

  test("is never overwritten", async () => {
    const blobs = openContainer({ connectionString, accountUrl: null, container });
    await blobs.put("name", "one", [Buffer.from("first")], never);
    const again = [Buffer.from("second"), Buffer.alloc(5_000_000)];
    await failsWith("StagingUnavailable", blobs.put("name", "two", again, never));
    expect((await blobs.read("name", 0, 100, never)).bytes.toString()).toBe("first");
  });
});

describe("storage that fails", () => {
  test.each([
    ["a segment", () => staging.writeSegment(prefix, records, never)],
    ["a file", () => staging.writeFile(prefix, inChunks(randomBytes(5_000_000)), never)],
  ])("after it has written %s is asked again and believed", async (_name, write) => {
    const storage = await countedStorage({
      loseFirstAnswerTo: /^PUT .*(comp=blocklist|\/\w{32}\?*$)/,
    });
    await staging.writeSegment(prefix, records, never);
    staging = stagingOf({ connectionString: storage.connectionString });
    const { blobName } = await write();
    expect(storage.lost).toBe(1);
    expect(await names(prefix)).toContain(blobName);
  });

  test("may be tried again", async () => {
    const away = connectionString.replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:1");
    const unreachable = stagingOf({ connectionString: away });
    await failsWith("StagingUnavailable", unreachable.writeSegment(prefix, records, never));
  });

  test("is told apart from a blob that is gone", async () => {
    const { blobName, frames } = await staging.writeSegment(prefix, records, never);
    await staging.remove(blobName, never);
    await failsWith("StagingCorrupt", staging.readRecord(blobName, first(frames), never));
    await failsWith("StagingCorrupt", readAll(blobName));
  });

  test("is not the reason when the caller stops", async () => {
    const stop = new AbortController();
    stop.abort();
    await failsWith("Interrupted", staging.writeSegment(prefix, records, stop.signal));
    await failsWith("Interrupted", staging.remove("a", stop.signal));
  });
});

describe("a note", () => {
  test("is read back as it was written, and lies there sealed", async () => {
    await staging.writeNote("t/audit/2026-11-22-41", Buffer.from("a hash"), never);
    expect((await readAll("t/audit/2026-11-22-41")).toString()).toBe("a hash");
    expect((await stored("t/audit/2026-11-22-41")).bytes.includes("a hash")).toBe(false);
  });

  test("that is there already stays as it is", async () => {
    await staging.writeNote("t/audit/2026-11-22-41", Buffer.from("first"), never);
    await staging.writeNote("t/audit/2026-11-22-41", Buffer.from("second"), never);
    expect((await readAll("t/audit/2026-11-22-41")).toString()).toBe("first");
  });
});

describe("the sweep", () => {
  test("finds what lies under a prefix and when it was written", async () => {
    const one = await staging.writeSegment("t/1", records, never);
    const two = await staging.writeFile("t/1/2", inChunks(records[0]), never);
    await staging.writeSegment("t/10", records, never);
    expect(await names("t/1")).toEqual([one.blobName, two.blobName].toSorted());
    for await (const { writtenAt } of staging.list("t/1", never)) {
      expect(Math.abs(writtenAt.getTime() - Date.now())).toBeLessThan(60_000);
    }
  });

  test("finds nothing where nothing was ever written", async () => {
    expect(await names("t")).toEqual([]);
    await staging.remove("t/gone", never);
  });

  test("may remove twice", async () => {
    const { blobName } = await staging.writeSegment(prefix, records, never);
    await staging.remove(blobName, never);
    await staging.remove(blobName, never);
    expect(await names(prefix)).toEqual([]);
  });

  test("finds more than one page of names", async () => {
    await staging.writeSegment("other", records, never);
    const client = BlobServiceClient.fromConnectionString(connectionString);
    const blobs = client.getContainerClient(container);
    const write = (index: number) => blobs.getBlockBlobClient(`many/${index}`).upload("", 0);
    for (let from = 0; from < 1_100; from += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, step) => write(from + step)));
    }
    expect(await names("many")).toHaveLength(1_100);
  });
});

function stagingOf(more: Partial<StagingOptions> = {}): Staging {
  return createStaging({ connectionString, accountUrl: null, container, keys: [key], ...more });
}

function blobOf(name: string) {
  const service = BlobServiceClient.fromConnectionString(connectionString);
  return service.getContainerClient(container).getBlockBlobClient(name);
}

async function stored(name: string) {
  const bytes = await blobOf(name).downloadToBuffer();
  return { bytes, metadata: (await blobOf(name).getProperties()).metadata ?? {} };
}

async function store(name: string, bytes: Buffer, metadata: Record<string, string>) {
  await blobOf(name).upload(bytes, bytes.length, { metadata });
}

async function names(under: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { blobName } of staging.list(under, never)) found.push(blobName);
  return found.toSorted();
}

async function readAll(blobName: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of staging.readFile(blobName, never)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* inChunks(bytes: Buffer = Buffer.alloc(0), sizeBytes = 60_000) {
  for (let from = 0; from < bytes.length; from += sizeBytes) {
    yield bytes.subarray(from, from + sizeBytes);
  }
}

async function failsWith(code: FailureCode, work: Promise<unknown>) {
  const error = await work.then(
    () => "nothing failed",
    (thrown: unknown) => (thrown instanceof SyncError ? thrown.code : thrown),
  );
  expect(error).toBe(code);
}

function first<T>(values: readonly T[]): T {
  const [value] = values;
  if (value === undefined) throw new Error("There is none");
  return value;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
