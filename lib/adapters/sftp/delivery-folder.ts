/** The folder as a session reads it: which files belong to a window, and a few of them open at a time. */
import { asListed, type DeliveredFile, type ListedFile } from "@/lib/core/delivered-file";
import { SyncError, toSyncError } from "@/lib/core/errors";
import { holds, type SyncWindow } from "@/lib/core/window";
import { type OpenedFile, openDelivered } from "./delivered-zip";
import { doneFiles } from "./done-files";
import { FileGone, type SftpFile } from "./folder";
import { type Connect, FileMoved, isSameFile, type Remote } from "./spool";
import type { ZipLimits } from "./zip";

export type FolderOptions = {
  readonly connect: Connect;
  /** where files lie while they are read */
  readonly directory: string;
  /** What was moved to `done/` still belongs to the delivery. */
  readonly movesFinishedFiles: boolean;
  /** of files that are kept here until the session ends */
  readonly spoolBytes: number;
  readonly limits: ZipLimits;
};

type Kept = { readonly listed: DeliveredFile; readonly file: OpenedFile; uses: number };

export function deliveryFolder(options: FolderOptions) {
  const { directory, spoolBytes, limits } = options;
  let current: Promise<Remote> | null = null;
  const done = doneFiles(options.movesFinishedFiles);
  /** Least lately used first. */
  const kept = new Map<string, Kept>();

  /** One connection for the session; whoever met a broken one gets another. */
  const connect: Connect = (signal) => {
    if (current !== null) return current;
    const connecting = options.connect(signal).catch((thrown: unknown) => {
      if (current === connecting) current = null;
      throw thrown;
    });
    current = connecting;
    return connecting;
  };

  /** Once more over another connection: one that nobody used for a while may be gone. */
  async function asking<T>(ask: (remote: Remote) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let isAgain = false; ; isAgain = true) {
      const asked = connect(signal);
      const remote = await asked;
      try {
        return await ask(remote);
      } catch (thrown) {
        if (toSyncError(thrown).code !== "SourceUnavailable" || signal.aborted) throw thrown;
        drop(asked);
        if (isAgain) throw thrown;
      }
    }
  }

  /** Whoever came later and has another one already keeps it. */
  function drop(broken: Promise<Remote> | null): void {
    if (current !== broken) return;
    current = null;
    void broken?.then(
      (remote) => remote.close(),
      () => undefined,
    );
  }

  /** Reading is not asked again by itself: the spool goes on where it was cut, over a new connection. */
  const reconnecting: Connect = async (signal) => {
    const asked = connect(signal);
    const remote = await asked;
    return {
      ...remote,
      stat: (name, during) => asking((other) => other.stat(done.pathOf(name), during), during),
      async *read(name, from, during) {
        try {
          yield* remote.read(done.pathOf(name), from, during);
        } catch (thrown) {
          if (toSyncError(thrown).code === "SourceUnavailable") drop(asked);
          throw thrown;
        }
      },
    };
  };

  const list = (signal: AbortSignal): Promise<readonly SftpFile[]> =>
    asking((remote) => remote.list(signal), signal);

  /** One at a time: several would only be slower, and each needs its room. */
  let turn: Promise<unknown> = Promise.resolve();

  /** @returns null when it is not there as it was listed; else it is held until it is released */
  async function take(listed: DeliveredFile, signal: AbortSignal): Promise<Kept | null> {
    if (listed.state === "waiting") return null;
    const taken = turn.then(() => takeInTurn(listed, signal));
    turn = taken.catch(() => undefined);
    return taken;
  }

  async function takeInTurn(listed: DeliveredFile, signal: AbortSignal): Promise<Kept | null> {
    const before = kept.get(listed.name);
    const isKept = before !== undefined && isSameFile(before.listed, listed);
    if (before !== undefined && !isKept) await forget(listed.name, before);
    const each = isKept ? before : await fetch(listed, signal);
    if (each === null) return null;
    each.uses += 1;
    kept.delete(listed.name);
    kept.set(listed.name, each);
    return each;
  }

  async function fetch(listed: DeliveredFile, signal: AbortSignal): Promise<Kept | null> {
    await makeRoom(listed.sizeBytes);
    try {
      const file = await openDelivered(reconnecting, listed, { directory, limits }, signal);
      return { listed, file, uses: 0 };
    } catch (thrown) {
      if (thrown instanceof FileMoved) return null;
      throw thrown;
    }
  }

  async function release(each: Kept): Promise<void> {
    each.uses -= 1;
    if (each.uses === 0 && kept.get(each.listed.name) !== each) await each.file.close();
  }

  async function using<T>(
    listed: DeliveredFile,
    signal: AbortSignal,
    use: (file: OpenedFile | null) => Promise<T>,
  ): Promise<T> {
    const each = await take(listed, signal);
    try {
      return await use(each?.file ?? null);
    } finally {
      if (each !== null) await release(each);
    }
  }

  async function makeRoom(sizeBytes: number): Promise<void> {
    let held = [...kept.values()].reduce((sum, { file }) => sum + file.sizeBytes, sizeBytes);
    for (const [name, each] of [...kept]) {
      if (held <= spoolBytes && kept.size < mostOpen) return;
      if (each.uses > 0) continue;
      held -= each.file.sizeBytes;
      await forget(name, each);
    }
  }

  async function forget(name: string, each: Kept): Promise<void> {
    // Whoever reads it still closes it when he is done.
    kept.delete(name);
    if (each.uses === 0) await each.file.close();
  }

  return {
    using,

    path: (signal: AbortSignal): Promise<string> => asking(async ({ path }) => path, signal),

    async files(window: SyncWindow, signal: AbortSignal) {
      const top = await list(signal);
      const moved = await done.beside(top, () =>
        asking((remote) => remote.listDone(signal), signal),
      );
      const listed = [...top, ...moved].flatMap((file) => asListed(file) ?? []);
      listed.sort(
        (one, other) => one.at.getTime() - other.at.getTime() || (one.name < other.name ? -1 : 1),
      );
      const inside = listed.filter(({ at }) => holds(window, at));
      const outside = listed.filter(
        ({ name, at, state }) => state === "ready" && !holds(window, at) && !done.has(name),
      );
      return { inside, outside };
    },

    async find(name: string, signal: AbortSignal): Promise<DeliveredFile | null> {
      const top = await asking((remote) => remote.stat(name, signal), signal);
      const moved = await done.beside(top === null ? [] : [top], () =>
        asking((remote) => remote.listDone(signal), signal),
      );
      const file = top ?? moved.find((each) => each.name === name) ?? null;
      return file === null ? null : asListed(file);
    },

    /** What it is worth: by every byte of it. */
    judge: (listed: DeliveredFile, signal: AbortSignal): Promise<DeliveredFile> =>
      using(listed, signal, async (file) => {
        if (file === null) return { ...listed, state: "waiting" };
        const { judged } = file;
        const { sha256, count } = judged;
        return judged.outcome === "ready"
          ? { ...listed, sha256, count }
          : { ...listed, state: "refused", reason: judged.reason, sha256, count };
      }),

    /** One entry of it. The file is held while somebody reads, and not for whoever never begins. */
    async entry(listed: DeliveredFile, name: string, signal: AbortSignal) {
      const entry = await using(listed, signal, async (file) => entryIn(file, name));
      if (entry === null) return null;
      const read = async function* () {
        const each = await take(listed, signal);
        try {
          const found = entryIn(each?.file ?? null, name);
          // Another file has taken its place in between.
          if (found === null) throw new SyncError("SourceUnavailable");
          yield* found.bytes();
        } finally {
          if (each !== null) await release(each);
        }
      };
      return { sizeBytes: entry.sizeBytes, bytes: read() };
    },

    isInDone: (name: string) => done.has(name),

    /** @param files as they were read: another one under the name of one of them stays where it is */
    async moveToDone(files: readonly ListedFile[], signal: AbortSignal) {
      for (const file of files) {
        try {
          const { name } = file;
          const now = await asking((remote) => remote.stat(name, signal), signal);
          if (!isSameFile(file, now)) continue;
          const moved = await asking((remote) => remote.moveToDone(name, signal), signal);
          if (moved === "refused") return { isRefused: true };
          done.add({ ...file, ...moved });
        } catch (thrown) {
          if (!(thrown instanceof FileGone)) throw thrown;
        }
      }
      return { isRefused: false };
    },

    async close(): Promise<void> {
      for (const [name, each] of [...kept]) await forget(name, each);
      drop(current);
    },
  };
}

function entryIn(file: OpenedFile | null, name: string) {
  const archive = file?.archive ?? null;
  const position = archive?.entries.findIndex((entry) => entry.name === name) ?? -1;
  const entry = archive?.entries[position];
  if (archive === null || entry === undefined) return null;
  return { sizeBytes: entry.sizeBytes, bytes: () => archive.read(position) };
}

/** Each is an open file of this process. */
const mostOpen = 64;
