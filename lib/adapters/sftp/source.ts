/** The vendor's files on an SFTP server as a source: whose folder it is, and whether it can be read. */
import { tmpdir } from "node:os";
import type {
  ReadHostKey,
  SftpCredential,
  SourceAccount,
  SourceLedger,
  SourceSession,
} from "@/lib/ports/source";
import { readHostKey, type SftpOptions } from "./connection";
import { FileGone, openFolder, type SftpFolder } from "./folder";
import { openSftpSession } from "./session";
import type { ZipLimits } from "./zip";

export type Sftp = {
  /** The key that the server shows, before it is told anything. */
  readonly hostKey: ReadHostKey;
  /** Signs in, lists the folder, and reads the first bytes of its newest ZIP. */
  signIn(credential: SftpCredential, signal: AbortSignal): Promise<SourceAccount>;
  open(credential: SftpCredential, ledger?: SourceLedger): SourceSession;
};

const deadlines = { connectMs: 20_000, answerMs: 30_000 } as const;

/** Files of one session, kept on this machine's disk until it ends. */
const spoolBytes = 4 * 1024 ** 3;

export function createSftp({
  mayReachItself,
  limits,
}: Pick<SftpOptions, "mayReachItself"> & { readonly limits: ZipLimits }): Sftp {
  const options: SftpOptions = { ...deadlines, mayReachItself };
  return {
    hostKey: (address, signal) => readHostKey(address, options, signal),
    async signIn(credential, signal) {
      const folder = await openFolder(credential, options, signal);
      try {
        await readNewest(folder, signal);
        return accountOf(credential, folder.path);
      } finally {
        folder.close();
      }
    },
    open: (credential, ledger) =>
      openSftpSession(
        {
          connect: (signal) => openFolder(credential, options, signal),
          account: (path) => accountOf(credential, path),
          ...{ directory: tmpdir(), spoolBytes, limits },
          movesFinishedFiles: credential.movesFinishedFiles,
        },
        ledger,
      ),
  };
}

/**
 * Host, port, user and folder are the account: who gives another of them reads other files. The
 * folder as the server calls it, or one drop could be archived twice by writing it differently.
 */
export function accountOf(
  { username, host, port }: Pick<SftpCredential, "username" | "host" | "port">,
  path: string,
): SourceAccount {
  const server = `${host.toLowerCase()}:${port}`;
  return { id: `sftp://${encodeURIComponent(username)}@${server}${path}`, name: `SFTP ${server}` };
}

/** A folder that lists and files that open are two rights. What a file holds is not judged here. */
async function readNewest(folder: SftpFolder, signal: AbortSignal): Promise<void> {
  const files = await folder.list(signal);
  const [newest] = files
    .filter(({ name }) => name.toLowerCase().endsWith(".zip"))
    .sort((a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime());
  if (newest === undefined) return;
  try {
    for await (const _piece of folder.read(newest.name, 0, signal)) return;
  } catch (thrown) {
    if (!(thrown instanceof FileGone)) throw thrown;
  }
}
