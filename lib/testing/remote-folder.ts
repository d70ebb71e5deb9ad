/** A folder of somebody else's, in memory, with what can go wrong on the way to it. */
import { SyncError } from "@/lib/core/errors";

type Stored = { bytes: Buffer; modifiedAt: Date };

export type RemoteFolder = ReturnType<typeof remoteFolder>;

export function remoteFolder() {
  const files = new Map<string, Stored>();
  const asked = { lists: 0, reads: new Array<string>(), moved: new Array<string>(), closed: 0 };
  const rules = { refusesMoves: false };
  /** After so many bytes of the next reading the connection is cut. */
  const cuts: number[] = [];
  let beforeChunk: (name: string) => void = () => undefined;

  const at = (name: string) => {
    const file = files.get(name);
    const known = { name, sizeBytes: file?.bytes.byteLength ?? 0 };
    return file === undefined ? null : { ...known, modifiedAt: file.modifiedAt };
  };
  const remote = {
    path: "/drop",
    async list() {
      asked.lists += 1;
      const top = [...files.keys()].filter((name) => !name.startsWith("done/"));
      return top.flatMap((name) => at(name) ?? []);
    },
    async listDone() {
      const moved = [...files.keys()].filter((name) => name.startsWith("done/"));
      return moved.flatMap((path) => {
        const file = at(path);
        return file === null ? [] : [{ ...file, path, name: path.slice("done/".length) }];
      });
    },
    stat: async (name: string) => at(name),
    async *read(name: string, from: number): AsyncGenerator<Uint8Array> {
      asked.reads.push(`${name} ${from}`);
      const cut = cuts.shift() ?? Infinity;
      for (let offset = from; ; offset += pieceBytes) {
        beforeChunk(name);
        const piece =
          files.get(name)?.bytes.subarray(offset, offset + pieceBytes) ?? Buffer.alloc(0);
        if (piece.byteLength === 0) return;
        if (offset - from >= cut) throw new SyncError("SourceUnavailable");
        yield piece;
      }
    },
    async moveToDone(name: string) {
      if (rules.refusesMoves) return "refused" as const;
      asked.moved.push(name);
      const file = files.get(name);
      const path = `done/${name}`;
      if (file !== undefined) files.set(path, file);
      files.delete(name);
      return { path };
    },
    close() {
      asked.closed += 1;
    },
  };
  return {
    ...{ asked, cuts, rules },
    put(name: string, bytes: Buffer, modifiedAt = new Date("2026-03-02T01:06:00.000Z")): void {
      files.set(name, { bytes, modifiedAt });
    },
    remove: (name: string) => files.delete(name),
    whileReading(act: (name: string) => void): void {
      beforeChunk = act;
    },
    connect: async () => remote,
  };
}

const pieceBytes = 1000;
