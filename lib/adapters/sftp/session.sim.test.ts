/** Against a real OpenSSH server, over a relay that can cut the way to it. */
import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eml } from "@/lib/core/eml-builder";
import { sha256Hex } from "@/lib/core/keys";
import type { SftpCredential, SourceLedger, SourceSession } from "@/lib/ports/source";
import { startRelay } from "@/lib/testing/sftp-peers";
import { deliveryOf, zipLimits } from "@/lib/testing/zip-files";
import { findSshServer } from "@/scripts/checks/programs";
import { type SftpServer, startSftpServer } from "@/scripts/testing/sftp-server";
import { openFolder } from "./folder";
import { openSftpSession } from "./session";

const never = new AbortController().signal;
const options = { mayReachItself: true, connectMs: 30_000, answerMs: 30_000 };
const day = { start: new Date("2026-03-02T00:00:00Z"), end: new Date("2026-03-03T00:00:00Z") };
const name = (number: number) => `202603010000-TeleMessage_${number}_20260302010500.zip`;

describe.skipIf(findSshServer() === null)("a delivery on an SFTP server", () => {
  let server: SftpServer;
  const written: string[] = [];

  beforeAll(async () => {
    server = await startSftpServer();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    for (const path of written.splice(0)) rmSync(path, { force: true });
  });

  function put(file: string, bytes: Buffer): void {
    const path = join(server.folder, file);
    writeFileSync(path, bytes);
    const at = new Date("2026-03-02T01:06:00Z");
    utimesSync(path, at, at);
    written.push(path);
  }

  function opened(
    port = server.port,
    movesFinishedFiles = false,
    ledger?: SourceLedger,
  ): SourceSession {
    const credential: SftpCredential = {
      ...{ delivery: "SFTP", host: server.host, port, folder: server.folder },
      ...{ username: server.username, password: null, privateKey: server.privateKey },
      ...{ passphrase: null, hostKey: server.hostKey(), movesFinishedFiles },
    };
    return openSftpSession(
      {
        connect: (signal) => openFolder(credential, options, signal),
        account: (path) => ({ id: path, name: path }),
        ...{ directory: tmpdir(), spoolBytes: 1e9, limits: zipLimits, movesFinishedFiles },
      },
      ledger,
    );
  }

  it("is read message by message, byte for byte", async () => {
    const mails = Array.from({ length: 20 }, (_, index) => eml({}, `Text ${index}`));
    put(name(1), await deliveryOf(mails));
    const session = opened();
    const { files, count } = await session.fetchManifest(day, never);
    expect({ count, states: files?.map(({ state }) => state) }).toEqual({
      ...{ count: 20, states: ["ready"] },
    });
    const { mails: read } = await session.fetchPage(day, null, 200, never);
    expect(read?.map(({ bytes }) => Buffer.from(bytes))).toEqual(mails);
    await session.close?.();
  });

  it("is whole, though the connection is cut in the middle of a file", async () => {
    const large = eml({}, randomBytes(1_500_000).toString("hex"));
    const zip = await deliveryOf([large]);
    put(name(1), zip);
    const relay = await startRelay(server.port, { cutAfterBytes: 600_000 });
    const session = opened(relay.address.port);
    try {
      const { files } = await session.fetchManifest(day, never);
      expect(files).toMatchObject([{ state: "ready", sha256: sha256Hex(zip) }]);
      const { mails } = await session.fetchPage(day, null, 200, never);
      const download = await session.fetchAttachment(mails?.[0]?.fileId ?? "", never);
      expect((await buffer(download.bytes)).equals(large)).toBe(true);
    } finally {
      await session.close?.();
      await relay.close();
    }
  });

  it("is moved when it is done, once, and not found wanting afterwards", async () => {
    const zip = await deliveryOf([eml()]);
    const file = {
      name: name(1),
      sizeBytes: zip.byteLength,
      modifiedAt: new Date("2026-03-02T01:06Z"),
    };
    put(name(1), zip);
    written.push(join(server.folder, "done", name(1)));
    const at = new Date("2026-03-02T01:05:00Z");
    const facts = { reason: null, sha256: sha256Hex(zip), count: 1 } as const;
    const refusals: boolean[] = [];
    const ledger: SourceLedger = {
      files: async () => [{ ...file, ...facts, at, state: "done" }],
      settled: async (names) => [file].filter((each) => names.includes(each.name)),
      moved: async ({ isRefused }) => void refusals.push(isRefused),
    };
    for (let look = 0; look < 2; look += 1) {
      const session = opened(server.port, true, ledger);
      const { files } = await session.fetchManifest(day, never);
      expect(files).toMatchObject([{ name: name(1), state: "done" }]);
      await session.close?.();
    }
    expect(refusals).toEqual([false]);
    expect(readdirSync(join(server.folder, "done"))).toEqual([name(1)]);

    // A ledger that lost what it knew reads it from there.
    const forgetful = opened(server.port, true, { ...ledger, files: async () => [] });
    const { files } = await forgetful.fetchManifest(day, never);
    expect(files).toMatchObject([{ name: name(1), state: "ready", sha256: sha256Hex(zip) }]);
    await forgetful.close?.();
  });

  it("may be thousands of files", async () => {
    const zip = await deliveryOf([eml()]);
    for (let number = 0; number < 3000; number += 1) {
      put(`202602010000-TeleMessage_${number}_20260201010500.zip`, zip);
    }
    put(name(1), zip);
    const session = opened();
    const { count, others } = await session.fetchManifest(day, never);
    expect({ count, others: others?.length }).toEqual({ count: 1, others: 3000 });
    await session.close?.();
  });
});
