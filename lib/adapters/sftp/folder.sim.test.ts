/** Against a real OpenSSH server; what it cannot be made to do, a peer of a few lines does. */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type FailureCode, SyncError } from "@/lib/core/errors";
import type { SftpCredential } from "@/lib/ports/source";
import { findSshServer } from "@/scripts/checks/programs";
import { noPasswords, type SftpServer, startSftpServer } from "@/scripts/testing/sftp-server";
import { readHostKey, type SftpOptions } from "./connection";
import { FileGone, openFolder, type SftpFolder } from "./folder";
import { startRelay, startStranger } from "@/lib/testing/sftp-peers";

const never = new AbortController().signal;
const options: SftpOptions = { mayReachItself: true, connectMs: 30_000, answerMs: 30_000 };

describe.skipIf(findSshServer() === null)("an SFTP folder", () => {
  let server: SftpServer;
  let other: SftpServer;
  const open: (SftpFolder | { close(): Promise<void> })[] = [];

  beforeAll(async () => {
    [server, other] = await Promise.all([startSftpServer(), startSftpServer()]);
  });
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  afterAll(() => Promise.all([server.stop(), other.stop()]));

  const byKey = (more: Partial<SftpCredential> = {}): SftpCredential => ({
    ...{ delivery: "SFTP", host: server.host, port: server.port, folder: server.folder },
    ...{ username: server.username, password: null, privateKey: server.privateKey },
    ...{ passphrase: null, hostKey: server.hostKey(), movesFinishedFiles: false, ...more },
  });

  async function opened(more: Partial<SftpCredential> = {}, limits = options) {
    const folder = await openFolder(byKey(more), limits, never);
    open.push(folder);
    return folder;
  }

  async function relayed(more: Parameters<typeof startRelay>[1] = {}) {
    const relay = await startRelay(server.port, more);
    open.push(relay);
    return relay;
  }

  const refusals: [string, FailureCode, () => Partial<SftpCredential>][] = [
    ["another key", "SourceKeyRefused", () => ({ privateKey: other.privateKey })],
    ["an unknown user", "SourceKeyRefused", () => ({ username: "nobody-we-know" })],
    ["something that is no key", "SourceKeyUnreadable", () => ({ privateKey: "-----BEGIN" })],
    ["a public key", "SourceKeyUnreadable", () => ({ privateKey: publicKeyOf(server) })],
    ["no passphrase", "SourceKeyLocked", () => ({ privateKey: server.lockedKey.privateKey })],
    [
      "a wrong passphrase",
      "SourceKeyLocked",
      () => ({ privateKey: server.lockedKey.privateKey, passphrase: "wrong" }),
    ],
    ["a key of another server", "SourceHostKeyChanged", () => ({ hostKey: other.hostKey() })],
    [
      "a key of another kind",
      "SourceHostKeyChanged",
      () => ({ hostKey: server.hostKey().replace("ssh-ed25519", "ecdsa-sha2-nistp256") }),
    ],
    ["a folder that is not there", "SourceFolderMissing", () => ({ folder: "/not/there" })],
    ["a name that nobody has", "SourceNotFound", () => ({ host: "sftp.invalid" })],
  ];

  it.each(refusals)("refuses %s as %s", async (_what, code, more) => {
    await failsWith(
      code,
      opened(more()).then((folder) => folder.list(never)),
    );
  });

  it("signs in with a key", async () => {
    expect((await opened()).path).toBe(server.folder);
  });

  it("signs in with a key that a passphrase opens", async () => {
    expect((await opened({ ...server.lockedKey })).path).toBe(server.folder);
  });

  describe.skipIf(noPasswords !== null)(
    `with a password${noPasswords ? ` (${noPasswords})` : ""}`,
    () => {
      it("signs in", async () => {
        const folder = await opened({ privateKey: null, password: server.password });
        expect(folder.path).toBe(server.folder);
      });

      it("is refused with a wrong one, which is sent once", async () => {
        await failsWith("SourceAuthFailed", opened({ privateKey: null, password: "wrong" }));
        expect(server.log().match(/Failed password/g)).toHaveLength(1);
      });
    },
  );

  it("tells the server's key as ssh-keygen does, without signing in", async () => {
    expect(await readHostKey(server, options, never)).toBe(server.hostKey());
  });

  it("speaks no more with a server whose key was changed", async () => {
    const renewed = await startSftpServer();
    open.push({ close: () => renewed.stop() });
    const where = { ...byKey(), port: renewed.port, hostKey: renewed.hostKey() };
    await renewed.renewHostKey();
    await failsWith("SourceHostKeyChanged", openFolder(where, options, never));
    expect(await readHostKey(renewed, options, never)).toBe(renewed.hostKey());
  });

  it("refuses a server that knows outdated algorithms only", async () => {
    const outdated = await startSftpServer([
      "KexAlgorithms diffie-hellman-group14-sha1",
      "MACs hmac-sha1",
    ]);
    open.push({ close: () => outdated.stop() });
    await failsWith("SourceOutdated", readHostKey(outdated, options, never));
  });

  it("knows a peer that speaks no SSH", async () => {
    const stranger = await startStranger("HTTP/1.1 400 Bad Request\r\n\r\n");
    open.push(stranger);
    await failsWith("SourceNotSftp", readHostKey(stranger.address, options, never));
  });

  it("gives up a peer that says nothing", async () => {
    const silent = await startStranger("");
    open.push(silent);
    const impatient = { ...options, answerMs: 300 };
    await failsWith("SourceUnavailable", readHostKey(silent.address, impatient, never));
  });

  it("gives up a port where nobody listens", async () => {
    const gone = await startStranger("");
    await gone.close();
    await failsWith("SourceUnavailable", readHostKey(gone.address, options, never));
  });

  it("does not reach this machine where real services are used", async () => {
    const strict = { ...options, mayReachItself: false };
    await failsWith("SourceUnavailable", readHostKey(server, strict, never));
  });

  it("stops when it is told to", async () => {
    const silent = await startStranger("");
    open.push(silent);
    const stop = new AbortController();
    const asked = readHostKey(silent.address, options, stop.signal);
    stop.abort();
    await failsWith("Interrupted", asked);
  });

  it.skipIf(noPasswords !== null)("tells a folder that may not be read", async () => {
    const closed = join(server.folder, "closed");
    mkdirSync(closed);
    chmodSync(closed, 0o700);
    const folder = await opened({ folder: closed });
    await failsWith("SourceFolderDenied", folder.list(never));
  });

  it("lists ten thousand files", async () => {
    const many = join(server.folder, "many");
    mkdirSync(many);
    for (let each = 0; each < 10_000; each += 1) writeFileSync(join(many, `${each}.zip`), "x");
    const listed = await (await opened({ folder: many })).list(never);
    expect(new Set(listed.map(({ name }) => name)).size).toBe(10_000);
    // So many files take a busy machine a while to write.
  }, 58_000);

  it("finds files by any name, and nothing but files", async () => {
    const odd = join(server.folder, "odd");
    mkdirSync(odd);
    const names = [
      "ü 漢字 🙂.zip",
      "-rf",
      "two\nlines.zip",
      `quo"te'.zip`,
      "%41*?[a].zip",
      "..zip",
    ];
    for (const name of names) writeFileSync(join(odd, name), name);
    mkdirSync(join(odd, "directory.zip"));
    symlinkSync(join(odd, "-rf"), join(odd, "link.zip"));
    const folder = await opened({ folder: odd });
    const listed = await folder.list(never);
    expect(listed.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const name of names) {
      expect(await folder.stat(name, never)).toMatchObject({
        sizeBytes: Buffer.byteLength(name),
      });
      expect((await bytesOf(folder.read(name, 0, never))).toString()).toBe(name);
    }
    expect(await folder.stat("link.zip", never)).toBeNull();
    expect(await folder.stat("not there", never)).toBeNull();
  });

  it("reads a file from any place on, in order", async () => {
    const bytes = Buffer.alloc(3_000_001, "0123456789abcdef!");
    writeFileSync(join(server.folder, "large.bin"), bytes);
    const folder = await opened();
    expect((await bytesOf(folder.read("large.bin", 0, never))).equals(bytes)).toBe(true);
    const rest = await bytesOf(folder.read("large.bin", 1_234_567, never));
    expect(rest.equals(bytes.subarray(1_234_567))).toBe(true);
    expect(await bytesOf(folder.read("large.bin", bytes.length, never))).toHaveLength(0);
  });

  it("tells a file that went away from a folder that did", async () => {
    const folder = await opened();
    await expect(bytesOf(folder.read("gone.zip", 0, never))).rejects.toThrow(FileGone);
  });

  it("ends with a failure when the connection is cut in the middle of a file", async () => {
    writeFileSync(join(server.folder, "cut.bin"), Buffer.alloc(4_000_000, 7));
    const relay = await relayed({ cutAfterBytes: 1_000_000 });
    const folder = await opened(relay.address);
    await failsWith("SourceUnavailable", bytesOf(folder.read("cut.bin", 0, never)));
    await failsWith("SourceUnavailable", folder.list(never));
  });

  it("hangs up on a server that stops answering", async () => {
    const relay = await relayed();
    const folder = await opened(relay.address, { ...options, answerMs: 2_000 });
    relay.stall();
    await failsWith("SourceUnavailable", folder.list(never));
  });

  it("waits for a slow server", async () => {
    writeFileSync(join(server.folder, "slow.bin"), Buffer.alloc(200_000, 7));
    const relay = await relayed({ delayMs: 20 });
    const folder = await opened(relay.address);
    expect(await bytesOf(folder.read("slow.bin", 0, never))).toHaveLength(200_000);
  });

  it("moves what is done, and overwrites nothing", async () => {
    const drop = join(server.folder, "drop");
    mkdirSync(drop);
    chmodSync(drop, 0o777);
    const folder = await opened({ folder: drop });
    for (const content of ["first", "second"]) {
      writeFileSync(join(drop, "a.zip"), content);
      await folder.moveToDone("a.zip", never);
    }
    expect(await folder.list(never)).toEqual([]);
    expect(readFileSync(join(drop, "done", "a.zip"), "utf8")).toBe("first");
    expect(readFileSync(join(drop, "done", "a.zip.2"), "utf8")).toBe("second");
    await expect(folder.moveToDone("a.zip", never)).rejects.toThrow(FileGone);
  });

  it("finds what was moved under the name it had, and of one name the last", async () => {
    const drop = join(server.folder, "moved");
    mkdirSync(join(drop, "done"), { recursive: true });
    for (const [name, content] of [
      ["a.zip", "1"],
      ["a.zip.2", "22"],
      ["a.zip.10", "4444"],
      ["b.zip", "333"],
    ] as const) {
      writeFileSync(join(drop, "done", name), content);
    }
    const folder = await opened({ folder: drop });
    const moved = await folder.listDone(never);
    expect(moved.map(({ name, path, sizeBytes }) => [name, path, sizeBytes]).sort()).toEqual([
      ["a.zip", "done/a.zip.10", 4],
      ["b.zip", "done/b.zip", 3],
    ]);
    expect((await bytesOf(folder.read("done/a.zip.10", 0, never))).toString()).toBe("4444");
    expect(await (await opened()).listDone(never)).toEqual([]);
  });

  it.skipIf(noPasswords !== null).each([
    ["may not make the place for it", false],
    ["may not write into that place", true],
  ])("says so where the user %s, and the connection goes on", async (_what, isThere) => {
    const drop = join(server.folder, `refused-${isThere}`);
    mkdirSync(drop);
    writeFileSync(join(drop, "a.zip"), "a");
    if (isThere) mkdirSync(join(drop, "done"), { mode: 0o700 });
    const folder = await opened({ folder: drop });
    expect(await folder.moveToDone("a.zip", never)).toBe("refused");
    expect(await folder.listDone(never)).toEqual([]);
    expect((await bytesOf(folder.read("a.zip", 0, never))).toString()).toBe("a");
  });
});

function publicKeyOf(server: SftpServer): string {
  return readFileSync(join(server.folder, "..", "user-key.pub"), "utf8");
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(Uint8Array.from(piece));
  return Buffer.concat(all);
}

async function failsWith(code: FailureCode, work: Promise<unknown>) {
  const thrown: unknown = await work.then(
    () => "no failure",
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(SyncError);
  expect(thrown).toMatchObject({ code });
}
