import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Entries, renamed, zipLimits, zipOf, zipOfMany } from "@/lib/testing/zip-files";
import { ArchiveRefused, openArchive, type ZipLimits } from "./zip";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zip-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** @param only these of them; else all */
async function readAll(
  zip: Buffer,
  limits: ZipLimits = zipLimits,
  only?: readonly number[],
): Promise<[string, Buffer][]> {
  const path = join(folder, randomBytes(8).toString("hex"));
  await writeFile(path, zip);
  const file = await open(path);
  try {
    const archive = await openArchive(file.fd, zip.byteLength, limits);
    const read: [string, Buffer][] = [];
    for (const position of only ?? archive.entries.keys()) {
      const name = archive.entries[position]?.name ?? "";
      const chunks: Uint8Array[] = [];
      for await (const chunk of archive.read(position)) chunks.push(chunk);
      read.push([name, Buffer.concat(chunks)]);
    }
    return read;
  } finally {
    await file.close();
  }
}

async function refusalOf(zip: Buffer, limits?: ZipLimits): Promise<string> {
  try {
    await readAll(zip, limits);
  } catch (thrown) {
    if (thrown instanceof ArchiveRefused) return thrown.reason;
    throw thrown;
  }
  return "read";
}

const mails: Entries = [
  ["a.eml", "one"],
  ["b.eml", randomBytes(300_000)],
  ["c.eml", ""],
];

test.each([
  ["packed", {}],
  ["not packed", { compress: false }],
  ["in the form for large files", { zip64: true }],
])("what was put in comes out, %s", async (_what, how) => {
  const expected = mails.map(([name, content]) => [name, Buffer.from(content)]);
  expect(await readAll(await zipOf(mails, how))).toEqual(expected);
});

test("more files than fit into the form for small archives are all found", async () => {
  const count = 70_000;
  const read = await readAll(zipOfMany(count), zipLimits, [0, count - 1]);
  expect(read.map(([name, content]) => [name, content.toString()])).toEqual([
    ["0.eml", "0"],
    [`${count - 1}.eml`, `${count - 1}`],
  ]);
}, 60_000);

test("folders are no files", async () => {
  const zip = renamed(
    await zipOf([
      ["folder.", ""],
      ["folder./a.eml", "x"],
    ]),
    "folder.",
    "folder/",
  );
  expect((await readAll(zip)).map(([name]) => name)).toEqual(["folder//a.eml"]);
});

const plain: Entries = [["aaaa.eml", "x".repeat(1000)]];

test.each([
  ["an absolute name", "/aaa.eml", "unsafeName"],
  ["a name that leads up", "../a.eml", "unsafeName"],
  ["a name that leads up the other way", "..\\a.eml", "unsafeName"],
  ["a drive", "C:/a.eml", "unsafeName"],
  ["a ZIP within", "aaaa.zip", "nested"],
])("%s is refused", async (_what, name, reason) => {
  expect(await refusalOf(renamed(await zipOf(plain), "aaaa.eml", name))).toBe(reason);
});

test("a ZIP within under another name is refused", async () => {
  expect(await refusalOf(await zipOf([["a.eml", await zipOf(plain)]]))).toBe("nested");
});

test("two files of one name are refused", async () => {
  const zip = await zipOf([
    ["aa.eml", "1"],
    ["ab.eml", "2"],
  ]);
  expect(await refusalOf(renamed(zip, "ab.eml", "aa.eml"))).toBe("sameName");
});

test("more files than may be are refused before they are looked at", async () => {
  expect(await refusalOf(await zipOf(mails), { ...zipLimits, entries: 2 })).toBe("tooMany");
});

test("what would unpack to more than may be is refused", async () => {
  expect(await refusalOf(await zipOf(mails), { ...zipLimits, unpackedBytes: 1000 })).toBe(
    "tooLarge",
  );
});

test("what unpacks to a hundred times its size is refused", async () => {
  expect(await refusalOf(await zipOf([["a.eml", Buffer.alloc(10_000_000)]]))).toBe("tooDense");
});

/** In the directory behind the files and in the line before each. */
function patched(
  zip: Buffer,
  inFile: number,
  inDirectory: number,
  write: (at: number, zip: Buffer) => void,
) {
  const copy = Buffer.from(zip);
  for (const [magic, offset] of [
    ["PK\x03\x04", inFile],
    ["PK\x01\x02", inDirectory],
  ] as const) {
    for (
      let at = copy.indexOf(magic, 0, "latin1");
      at >= 0;
      at = copy.indexOf(magic, at + 4, "latin1")
    ) {
      write(at + offset, copy);
    }
  }
  return copy;
}

test("encrypted files are refused", async () => {
  const zip = patched(await zipOf(plain), 6, 8, (at, bytes) => bytes.writeUInt16LE(1, at));
  expect(await refusalOf(zip)).toBe("encrypted");
});

test("files packed in a way nobody reads are refused", async () => {
  const zip = patched(await zipOf(plain), 8, 10, (at, bytes) => bytes.writeUInt16LE(93, at));
  expect(await refusalOf(zip)).toBe("compression");
});

test("a file that says less than it unpacks to is refused", async () => {
  const zip = patched(await zipOf(plain), 22, 24, (at, bytes) => bytes.writeUInt32LE(10, at));
  expect(await refusalOf(zip)).toBe("damaged");
});

test("a byte that changed on the way is noticed", async () => {
  const zip = await zipOf([["a.eml", "The sum is 1000"]], { compress: false });
  expect(await refusalOf(renamed(zip, "sum is 1000", "sum is 9000"))).toBe("damaged");
});

test("a ZIP cut anywhere is refused", async () => {
  const zip = await zipOf(mails);
  for (const part of [0, 0.1, 0.5, 0.9, 0.999]) {
    expect(await refusalOf(zip.subarray(0, Math.floor(zip.byteLength * part)))).toBe("damaged");
  }
});

test("whatever is no ZIP is refused, and nothing else happens", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      expect(await refusalOf(Buffer.from(bytes))).toBe("damaged");
    }),
  );
});

test("a ZIP with a byte changed anywhere is read as it was or refused", async () => {
  const small: Entries = [
    ["a.eml", "one"],
    ["b.eml", "two two two two two two"],
  ];
  const zip = await zipOf(small);
  const contents = new Set(small.map(([, content]) => Buffer.from(content).toString()));
  const place = fc.nat({ max: zip.byteLength - 1 });
  await fc.assert(
    fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      const copy = Buffer.from(zip);
      copy.writeUInt8(copy.readUInt8(at) ^ mask, at);
      const read = await readAll(copy).catch((thrown: unknown) => {
        expect(thrown).toBeInstanceOf(ArchiveRefused);
        return [];
      });
      for (const [name, content] of read) {
        if (!name.endsWith("/")) expect(contents).toContain(content.toString());
      }
    }),
    { numRuns: 200 },
  );
});
