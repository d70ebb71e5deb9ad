/** A seed's SFTP server, the way to it, and the files in it: what lies there at first, and becomes of it. */
import { chmodSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { deliveryOf } from "@/lib/testing/zip-files";
import { startRelay } from "@/lib/testing/sftp-peers";
import { startSftpServer } from "../scripts/testing/sftp-server";
import { type Drop, type DropFile, dropName } from "./drop";
import type { LineStroke } from "./storm";
import { sha256 } from "./truth";

/** What a file is in the end. */
export type Delivered = {
  readonly name: string;
  readonly at: Date;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly count: number;
};

export type DropServer = Awaited<ReturnType<typeof startDropServer>>;

export async function startDropServer(drop: Drop) {
  const server = await startSftpServer();
  const relay = await startRelay(server.port);
  const folder = join(server.folder, "drop");
  mkdirSync(folder);
  // Its user moves what is done.
  chmodSync(folder, 0o777);
  const zips = new Map<string, Buffer>();
  for (const { name, mails } of drop.files) zips.set(name, await deliveryOf(mails));
  const fileOf = new Map(drop.files.map((file) => [file.name, file]));
  const whole = new Map<string, Delivered>();
  let privateKey = server.privateKey;

  /** At once, and dated near the time of its name, as by whoever zipped it. */
  function lay(name: string, bytes: Uint8Array, at: Date, laterMs: number): void {
    const hidden = join(server.folder, "writing");
    const modifiedAt = new Date(at.getTime() + laterMs);
    writeFileSync(hidden, bytes, { mode: 0o644 });
    utimesSync(hidden, modifiedAt, modifiedAt);
    renameSync(hidden, join(folder, name));
  }

  function layWhole({ name, at, mails }: DropFile): void {
    const zip = zips.get(name) ?? Buffer.alloc(0);
    lay(name, zip, at, 3_600_000);
    const count = mails.length;
    whole.set(name, { name, at, sizeBytes: zip.byteLength, sha256: sha256(zip), count });
  }

  async function layFirst(file: DropFile): Promise<void> {
    const { name, at, first, mails } = file;
    const zip = zips.get(name) ?? Buffer.alloc(0);
    const before = (bytes: Uint8Array, as = name) => lay(as, bytes, at, 60_000);
    if (first === "whole") layWhole(file);
    else if (first === "truncated") before(zip.subarray(0, Math.floor(zip.byteLength * 0.7)));
    else if (first === "wrongCount") before(await deliveryOf(mails, `Count: ${mails.length + 1}`));
    else if (first === "fewer") before(await deliveryOf(mails.slice(0, mails.length / 2)));
    // Its own time is that of the name it will have.
    else if (first === "temporary") lay(`${name}.part`, zip, at, 0);
  }
  for (const file of drop.files) await layFirst(file);

  const strikes: Readonly<Record<LineStroke, (forMs: number) => Promise<void> | void>> = {
    cut: () => relay.cut(),
    async cutSoon(forMs) {
      relay.behave({ cutAfterBytes: 20_000 });
      await sleep(forMs);
      relay.behave({});
    },
    async stall(forMs) {
      relay.stall();
      await sleep(forMs);
      relay.goOn();
    },
    async stallAndCut(forMs) {
      relay.stall();
      await sleep(forMs);
      relay.cut();
      relay.goOn();
    },
    async slow(forMs) {
      relay.behave({ delayMs: 15, bytesPerSecond: 150_000 });
      await sleep(forMs);
      relay.behave({});
    },
    async restart() {
      await server.restart();
      relay.cut();
    },
  };

  return {
    ...{ folder, username: server.username, port: relay.address.port },
    movesFinishedFiles: drop.movesFinishedFiles,
    hostKey: () => server.hostKey(),
    privateKey: () => privateKey,
    /** Of its middle: what leaks of the key holds it. */
    lineOfKey: () => privateKey.split("\n")[2] ?? privateKey,
    renewUserKey() {
      privateKey = server.renewUserKey();
    },
    async renewHostKey(): Promise<void> {
      await server.renewHostKey();
      relay.cut();
    },
    strike: async (what: LineStroke, forMs: number) => strikes[what](forMs),

    /** Makes of a file what it is in the end. */
    complete(name: string): void {
      const file = fileOf.get(name);
      if (file === undefined || whole.has(name)) return;
      layWhole(file);
      rmSync(join(folder, `${name}.part`), { force: true });
    },
    /** Everything, or what comes late. */
    completeAll(first?: DropFile["first"]): void {
      for (const file of drop.files) {
        if (first === undefined || file.first === first) this.complete(file.name);
      }
    },
    async add(number: number, at: Date, mails: readonly Buffer[]): Promise<void> {
      const file: DropFile = { name: dropName(number, at), at, mails, first: "whole" };
      zips.set(file.name, await deliveryOf(mails));
      layWhole(file);
    },
    mend(): void {
      relay.behave({});
      relay.goOn();
    },
    /** What lies there. */
    delivered: (): readonly Delivered[] => [...whole.values()],
    async close(): Promise<void> {
      await relay.close();
      await server.stop();
    },
  };
}
