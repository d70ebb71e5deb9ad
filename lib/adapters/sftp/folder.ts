/** The folder an archive is delivered into: what lies there, its bytes, and the place for what is done. */
import type { FileEntryWithStats, Stats } from "ssh2";
import { SyncError } from "@/lib/core/errors";
import type { SftpCredential } from "@/lib/ports/source";
import { type SftpConnection, connectSftp, type SftpOptions } from "./connection";
import { connectionFailure, isEndOfFile, pathRefusal } from "./failures";
import { closeHandle, readPieces } from "./read-pieces";

/** To the second: the protocol knows no finer time. */
export type SftpFile = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
};

export type SftpFolder = {
  /** As the server calls it, whatever way it was typed. */
  readonly path: string;
  /** The files in it; directories and links are somebody else's business. */
  list(signal: AbortSignal): Promise<readonly SftpFile[]>;
  /** null when it is not there (any more), or is no file. */
  stat(name: string, signal: AbortSignal): Promise<SftpFile | null>;
  /** The bytes from an offset on, in order. A connection that is cut ends them with SourceUnavailable. */
  read(name: string, from: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * What lies in the place for what is done, each under the name it had before, and of several that had
   * one name the last. Its path is what `stat` and `read` want to hear.
   */
  listDone(signal: AbortSignal): Promise<readonly (SftpFile & { readonly path: string })[]>;
  /**
   * Nothing is overwritten there: of a second file of the same name the name is made longer. A server
   * that refuses does so because it may.
   */
  moveToDone(name: string, signal: AbortSignal): Promise<{ readonly path: string } | "refused">;
  close(): void;
};

/** The file went away between two looks; it is not the folder that is at fault. */
export class FileGone extends Error {
  override readonly name = "FileGone";
}

export async function openFolder(
  credential: SftpCredential,
  options: SftpOptions,
  signal: AbortSignal,
): Promise<SftpFolder> {
  const connection = await connectSftp(credential, options, signal);
  try {
    return await folderOver(connection, credential, signal);
  } catch (thrown) {
    connection.close();
    throw thrown;
  }
}

async function folderOver(
  { ask, close }: SftpConnection,
  credential: SftpCredential,
  signal: AbortSignal,
): Promise<SftpFolder> {
  const { hostKey } = credential;
  /** Of the folder itself, whose refusals stop the connector. */
  const inWords = (thrown: unknown, current: AbortSignal): SyncError => {
    const refusal = pathRefusal(thrown);
    if (refusal === "missing") return new SyncError("SourceFolderMissing", { cause: thrown });
    if (refusal === "denied") return new SyncError("SourceFolderDenied", { cause: thrown });
    return connectionFailure(thrown, { signal: current, hostKey, usesKey: false });
  };
  const path = await ask<string>((sftp, answer) => {
    sftp.realpath(credential.folder, answer);
  }, signal).catch((thrown: unknown) => {
    throw inWords(thrown, signal);
  });
  const at = (name: string) => `${path === "/" ? "" : path}/${name}`;

  const look = async (name: string, current: AbortSignal): Promise<SftpFile | null> => {
    try {
      const found = await ask<Stats>((sftp, answer) => {
        sftp.lstat(at(name), answer);
      }, current);
      return found.isFile() ? fileOf(name, found) : null;
    } catch (thrown) {
      if (pathRefusal(thrown) === "missing") return null;
      throw thrown;
    }
  };

  const stat = (name: string, current: AbortSignal) =>
    look(name, current).catch((thrown: unknown) => {
      throw inWords(thrown, current);
    });

  return {
    path,
    stat,
    close,

    async list(current) {
      try {
        return await listed(ask, path, current);
      } catch (thrown) {
        throw inWords(thrown, current);
      }
    },

    async *read(name, from, current) {
      try {
        yield* readPieces(ask, at(name), from, current);
      } catch (thrown) {
        if (pathRefusal(thrown) === "missing") throw new FileGone(undefined, { cause: thrown });
        throw inWords(thrown, current);
      }
    },

    async listDone(current) {
      try {
        return newestOfEach(await listed(ask, at(doneFolder), current));
      } catch (thrown) {
        // Not there yet; or it is a file, or closed to us, and then nothing was moved there either.
        if (pathRefusal(thrown) !== null) return [];
        throw inWords(thrown, current);
      }
    },

    async moveToDone(name, current) {
      try {
        await ask<null>((sftp, answer) => {
          sftp.mkdir(at(doneFolder), (error) => answer(error, null));
        }, current).catch(onlyRefusals);
        for (let copy = 1; copy <= mostCopies; copy += 1) {
          const path = `${doneFolder}/${name}${copy === 1 ? "" : `.${copy}`}`;
          if ((await look(path, current)) !== null) continue;
          await ask<null>((sftp, answer) => {
            sftp.rename(at(name), at(path), (error) => answer(error, null));
          }, current);
          return { path };
        }
      } catch (thrown) {
        const refusal = pathRefusal(thrown);
        if (refusal === null) throw inWords(thrown, current);
        // The file, or the place where it was to go?
        if (refusal === "missing" && (await stat(name, current)) === null) {
          throw new FileGone(undefined, { cause: thrown });
        }
      }
      return "refused";
    },
  };
}

const doneFolder = "done";
const mostCopies = 100;

const numbered = /^(.+\.zip)\.(\d{1,3})$/i;

function newestOfEach(files: readonly SftpFile[]) {
  const newest = new Map<string, { readonly file: SftpFile; readonly copy: number }>();
  for (const file of files) {
    const [, name = file.name, number = "1"] = numbered.exec(file.name) ?? [];
    const copy = Number(number);
    if (copy > (newest.get(name)?.copy ?? 0)) newest.set(name, { file, copy });
  }
  return [...newest].map(([name, { file }]) => ({
    ...file,
    ...{ name, path: `${doneFolder}/${file.name}` },
  }));
}

/** It is there already, most of the time; if not, the move says why. */
function onlyRefusals(thrown: unknown): null {
  if (pathRefusal(thrown) === null) throw thrown;
  return null;
}

/** Batch by batch, each within a deadline of its own: a hundred thousand names take their time. */
async function listed(
  ask: SftpConnection["ask"],
  path: string,
  signal: AbortSignal,
): Promise<SftpFile[]> {
  const handle = await ask<Buffer>((sftp, answer) => {
    sftp.opendir(path, answer);
  }, signal);
  const files: SftpFile[] = [];
  try {
    for (;;) {
      const batch = await ask<FileEntryWithStats[] | null>((sftp, answer) => {
        sftp.readdir(handle, answer);
      }, signal).catch(nullAtEnd);
      if (batch === null) return files;
      for (const { filename, attrs } of batch) {
        // A name is one step of a path; a server that says otherwise is not followed.
        if (attrs.isFile() && !filename.includes("/")) files.push(fileOf(filename, attrs));
      }
    }
  } finally {
    closeHandle(ask, handle);
  }
}

function nullAtEnd(thrown: unknown): null {
  if (isEndOfFile(thrown)) return null;
  throw thrown;
}

function fileOf(name: string, { size, mtime }: Stats): SftpFile {
  return { name, sizeBytes: size, modifiedAt: new Date(mtime * 1000) };
}
