/** The whole engine over a real OpenSSH server: a full disk here, hostile messages, thousands of files. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { sha256Hex } from "@/lib/core/keys";
import {
  createSftpWorld,
  mailOf as mail,
  type SftpWorld,
  zipName as name,
} from "@/lib/testing/sftp-world";
import { openSpooledFiles } from "@/lib/testing/spooled-files";
import { noDuplicates } from "@/lib/testing/sync-world";
import { deliveryOf } from "@/lib/testing/zip-files";
import { findSshServer } from "@/scripts/checks/programs";
import { mayMount, mountSmallDisk, unmountSmallDisk } from "@/scripts/testing/small-disk";

// What is a lot of work takes its time on a busy machine.
vi.setConfig({ testTimeout: 58_000 });

const noMount = mayMount() ? null : "only root on Linux may mount a small disk";

describe.skipIf(findSshServer() === null)("a delivery on a real SFTP server", () => {
  let open: SftpWorld;
  beforeAll(async () => {
    open = await createSftpWorld();
  });
  afterEach(() => open.closeDrops());
  afterAll(() => open.close());

  describe.skipIf(noMount !== null)(
    `and a small disk here${noMount === null ? "" : ` (${noMount})`}`,
    () => {
      let disk: string;
      const spoolOn = (path: string) => vi.stubEnv("TMPDIR", path);
      beforeAll(() => {
        disk = mkdtempSync(join(tmpdir(), "archiver-spool-"));
        mountSmallDisk(disk);
        spoolOn(disk);
      });
      afterAll(() => {
        vi.unstubAllEnvs();
        unmountSmallDisk(disk);
        rmSync(disk, { recursive: true, force: true });
      });

      it.each([
        ["much", 500_000],
        // The last write of all is cut short there, and the disk says nothing of it.
        ["its last bytes", 1],
      ])(
        "waits while there is no room for %s of a file, and goes on when there is",
        async (_of, lacks) => {
          const drop = await open.dropped();
          const zip = await deliveryOf([mail("m1", `\r\n${randomBytes(900_000).toString("hex")}`)]);
          drop.put(name(1), zip);
          const { runId } = await drop.finish();
          const ballast = leaveRoomFor(disk, zip.byteLength - lacks);
          await open.drain();
          expect(await open.run(runId)).toMatchObject({
            state: "QUEUED",
            failureCode: "SpoolFull",
          });
          expect(openSpooledFiles()).toBe(0);
          expect(await open.files()).toEqual([]);

          rmSync(ballast);
          await open.workUntil(open.isWhole(runId));
          expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
          expect(await open.files()).toMatchObject([{ state: "DONE", sha256: sha256Hex(zip) }]);
        },
      );
    },
  );

  it("imports what is good beside what is hostile, and drops nothing", async () => {
    const drop = await open.dropped();
    const good = Array.from({ length: 6 }, (_, index) => mail(`good${index}`));
    drop.put(name(1), await deliveryOf([...hostile, ...good]));
    const { runId } = await drop.finish();
    await open.drain();
    const run = await open.run(runId);
    expect(run).toMatchObject({ isManifestEqual: true, open: 0 });
    expect(run["availableFromSource"]).toBe(hostile.length + good.length);
    const codes = await open.sql.query(
      `SELECT DISTINCT "failureCode" FROM "Delivery" WHERE "state" = 'FAILED'`,
    );
    expect(codes).toEqual([{ failureCode: "UserMapping" }]);
    expect((await open.arrived()).filter((id) => id.startsWith("good"))).toHaveLength(6);
    expect(await open.duplicates()).toEqual(noDuplicates);
  });

  it("is found in its window among ten thousand files, of which nobody else is read", async () => {
    const drop = await open.dropped();
    const zip = await deliveryOf([mail("old")]);
    for (let number = 0; number < 10_000; number += 1) {
      drop.put(name(number, "20260101010500"), zip);
    }
    drop.put(name(1), await deliveryOf([mail("m1"), mail("m2")]));
    const { runId } = await drop.finish();
    const before = drop.relay.passed();
    await open.drain();
    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", availableFromSource: 2 });
    expect(await open.arrived()).toEqual(["m1", "m2"]);
    // What lay there before the connector is not even written down.
    expect(await open.files()).toHaveLength(1);
    // Three looks at the folder, and nothing of the files.
    expect(drop.relay.passed() - before).toBeLessThan(3 * 10_000 * 400);
  });

  it("serves two connectors side by side, each with its own folder", async () => {
    const [one, other] = [await open.dropped(), await open.beside()];
    one.put(name(1), await deliveryOf([mail("a1"), mail("a2")]));
    other.put(name(1), await deliveryOf([mail("b1"), mail("b2")]));
    const first = await one.finish();
    await open.sql.query(`UPDATE "Connector" SET "name" = 'First'`);
    const second = await other.finish();
    await open.drain();
    for (const { runId } of [first, second]) {
      expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 4 });
    }
    expect(await open.arrived()).toEqual(["a1", "a2", "b1", "b2"]);
  });
});

/** @returns the file to remove */
function leaveRoomFor(dir: string, bytes: number): string {
  const { bavail, bsize } = statfsSync(dir);
  const path = join(dir, "ballast");
  writeFileSync(path, Buffer.alloc((bavail - Math.floor(bytes / bsize)) * bsize));
  return path;
}

const hostile = [
  randomBytes(5_000),
  Buffer.from("\r\n"),
  Buffer.from(`Subject: ${"x".repeat(500_000)}`),
  Buffer.from("X-A: b\r\n".repeat(10_000)),
  Buffer.from(`To: ${"a@b.example, ".repeat(20_000)}\r\n\r\n`),
  Buffer.from('Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n--\r\n--'),
  Buffer.from("Subject: \0\r\nFrom: \0\0 <\0@\0>\r\nMessage-ID: <\0>\r\n\r\n\0"),
  Buffer.from("Subject: =?utf-8?B?////?= =?x?Q?=ZZ?= =?\r\n\r\n"),
  ...[
    `Content-Type: multipart/mixed; boundary=x\r\n\r\n${"--x\r\n".repeat(20_000)}`,
    "Content-Transfer-Encoding: base64\r\n\r\n====!!!!",
    "Content-Type: text/plain; charset=x-none\r\n\r\n\xff\xfe",
  ].map((text, index) => Buffer.concat([headOf(index), Buffer.from(text, "latin1")])),
];

function headOf(index: number): Buffer {
  const [head = ""] = mail(`hostile${index}`).toString().split("\r\n\r\n");
  return Buffer.from(`${head.replace(/^(MIME-Version|Content-Type).*\r\n/gm, "")}\r\n`);
}
