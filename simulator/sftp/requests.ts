import { posix } from "node:path";
import ssh2, { type Attributes, type FileEntry, type SFTPWrapper } from "ssh2";
import type { StoredBytes } from "../state/blobs";
import { doneFolder, dropFolder, type Drop, type DroppedFile } from "./drop";

/** Whoever has signed in, and what that is still worth. */
export type DropSession = {
  readonly drop: Drop;
  readonly mayRead: () => boolean;
  readonly oldestAvailable: () => number | null;
  /** The account has changed since: nothing is answered any more. */
  readonly isOver: () => boolean;
  readonly end: () => void;
};

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;
const { EOF, FAILURE, NO_SUCH_FILE, OK, PERMISSION_DENIED } = STATUS_CODE;

const readOnly: number = OPEN_MODE.READ;

class Refused extends Error {
  constructor(readonly code: number) {
    super();
  }
}

type Opened =
  | { readonly kind: "file"; readonly bytes: StoredBytes; readonly file: DroppedFile }
  | { readonly kind: "folder"; readonly rest: Entry[] };

/** A name in a listing. */
type Entry = { readonly name: string; readonly file: DroppedFile | undefined };

const entriesAtOnce = 20;
const mostBytesAtOnce = 256 * 1024;

/** Answers what a client asks about the folder: it may look, read, and put aside what it has read. */
export function serveRequests(sftp: SFTPWrapper, session: DropSession): void {
  const { drop } = session;
  const opened = new Map<string, Opened>();
  let handles = 0;

  const answer = (id: number, work: () => Promise<void> | void) => {
    if (session.isOver()) return session.end();
    Promise.resolve()
      .then(work)
      .catch((thrown: unknown) => {
        if (!(thrown instanceof Refused)) process.stderr.write(`sftp: ${String(thrown)}\n`);
        sftp.status(id, thrown instanceof Refused ? thrown.code : FAILURE);
      });
  };
  const handleFor = (open: Opened): Buffer => {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE((handles += 1));
    opened.set(handle.toString("hex"), open);
    return handle;
  };
  const openedAs = <Kind extends Opened["kind"]>(handle: Buffer, kind: Kind) => {
    const found = opened.get(handle.toString("hex"));
    if (found?.kind !== kind) throw new Refused(FAILURE);
    return found as Extract<Opened, { kind: Kind }>;
  };
  const pathOf = (path: string): string => {
    const whole = posix.resolve(dropFolder, path);
    if (isWithin(whole) && !session.mayRead()) throw new Refused(PERMISSION_DENIED);
    return whole;
  };
  const entryAt = (path: string): Entry => {
    const whole = pathOf(path);
    const file = drop.find(whole);
    if (file === undefined && !drop.isFolder(whole)) throw new Refused(NO_SUCH_FILE);
    return { name: posix.basename(whole), file };
  };
  const tellAttributes = (id: number, path: string) =>
    answer(id, async () => sftp.attrs(id, await attributesOf(entryAt(path))));
  const refuse = (id: number) => answer(id, () => sftp.status(id, PERMISSION_DENIED));

  sftp.on("REALPATH", (id, path) =>
    answer(id, () => {
      const filename = posix.resolve(dropFolder, path);
      sftp.name(id, [{ filename, longname: filename, attrs: folderAttributes }]);
    }),
  );
  sftp.on("STAT", tellAttributes);
  sftp.on("LSTAT", tellAttributes);
  sftp.on("OPENDIR", (id, path) =>
    answer(id, () => {
      const whole = pathOf(path);
      if (!drop.isFolder(whole)) throw new Refused(NO_SUCH_FILE);
      sftp.handle(id, handleFor({ kind: "folder", rest: entriesOf(session, whole) }));
    }),
  );
  sftp.on("READDIR", (id, handle) =>
    answer(id, async () => {
      const entries = openedAs(handle, "folder").rest.splice(0, entriesAtOnce);
      if (entries.length === 0) throw new Refused(EOF);
      const listed: FileEntry[] = [];
      for (const entry of entries) listed.push(await listedAs(entry));
      sftp.name(id, listed);
    }),
  );
  sftp.on("OPEN", (id, path, flags) =>
    answer(id, async () => {
      const whole = pathOf(path);
      if (flags !== readOnly) throw new Refused(PERMISSION_DENIED);
      const file = drop.find(whole);
      if (file === undefined) throw new Refused(drop.isFolder(whole) ? FAILURE : NO_SUCH_FILE);
      const bytes = await (await file.zipped()).bytes();
      sftp.handle(id, handleFor({ kind: "file", bytes, file }));
    }),
  );
  sftp.on("READ", (id, handle, offset, length) =>
    answer(id, async () => {
      const { bytes } = openedAs(handle, "file");
      const end = Math.min(offset + Math.min(length, mostBytesAtOnce), bytes.sizeBytes);
      if (offset >= end) throw new Refused(EOF);
      const chunks: Buffer[] = [];
      for await (const chunk of bytes.read(offset, end)) chunks.push(chunk);
      sftp.data(id, Buffer.concat(chunks));
    }),
  );
  sftp.on("FSTAT", (id, handle) =>
    answer(id, async () => {
      const { file } = openedAs(handle, "file");
      sftp.attrs(id, await attributesOf({ name: file.name, file }));
    }),
  );
  sftp.on("CLOSE", (id, handle) =>
    answer(id, () => sftp.status(id, opened.delete(handle.toString("hex")) ? OK : FAILURE)),
  );
  sftp.on("MKDIR", (id, path) =>
    answer(id, () => {
      if (pathOf(path) !== doneFolder) throw new Refused(PERMISSION_DENIED);
      sftp.status(id, drop.makeDone() ? OK : FAILURE);
    }),
  );
  sftp.on("RENAME", (id, from, to) =>
    answer(id, () => {
      const [source, target] = [pathOf(from), pathOf(to)];
      if (drop.find(source) === undefined) throw new Refused(NO_SUCH_FILE);
      if (!isWithin(target)) throw new Refused(PERMISSION_DENIED);
      sftp.status(id, drop.move(source, target) ? OK : FAILURE);
    }),
  );
  for (const event of ["REMOVE", "RMDIR", "SETSTAT", "FSETSTAT", "SYMLINK", "WRITE"] as const) {
    sftp.on(event as "REMOVE", refuse);
  }
}

function entriesOf({ drop, oldestAvailable }: DropSession, folder: string): Entry[] {
  const inside = (path: string) => path !== folder && posix.dirname(path) === folder;
  const folders = [dropFolder, doneFolder].filter((path) => drop.isFolder(path) && inside(path));
  return [
    ...folders.map((path) => ({ name: posix.basename(path), file: undefined })),
    ...drop.list(folder, oldestAvailable()).map((file) => ({ name: file.name, file })),
  ];
}

async function listedAs(entry: Entry): Promise<FileEntry> {
  const attrs = await attributesOf(entry);
  const kind = entry.file === undefined ? "drwxr-xr-x" : "-rw-r--r--";
  const date = new Date(attrs.mtime * 1000).toISOString().slice(0, 10);
  const longname = `${kind} 1 telemessage telemessage ${attrs.size} ${date} ${entry.name}`;
  return { filename: entry.name, longname, attrs };
}

async function attributesOf({ file }: Entry): Promise<Attributes> {
  if (file === undefined) return folderAttributes;
  const { modifiedSeconds: mtime } = file;
  const { sizeBytes: size } = await file.zipped();
  return { mode: 0o100644, uid: 0, gid: 0, size, atime: mtime, mtime };
}

const folderAttributes: Attributes = {
  ...{ mode: 0o040755, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 },
};

/** The folder and what lies in it; of what lies elsewhere nobody hears. */
function isWithin(path: string): boolean {
  return path === dropFolder || path.startsWith(`${dropFolder}/`);
}
