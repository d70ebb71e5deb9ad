/** A session on a folder in memory, and the day whose files it is asked for. */
import { tmpdir } from "node:os";
import { openSftpSession, type SessionOptions } from "@/lib/adapters/sftp/session";
import type { SourceLedger } from "@/lib/ports/source";
import { remoteFolder } from "./remote-folder";
import { zipLimits } from "./zip-files";

export const signal = new AbortController().signal;
export const day = {
  start: new Date("2026-03-02T00:00:00Z"),
  end: new Date("2026-03-03T00:00:00Z"),
};

export function opened(options: Partial<SessionOptions> = {}, ledger?: SourceLedger) {
  const remote = remoteFolder();
  const session = openSftpSession(
    {
      ...{ connect: remote.connect, directory: tmpdir(), spoolBytes: 1e9, limits: zipLimits },
      ...{ account: (path) => ({ id: path, name: "a" }), movesFinishedFiles: false, ...options },
    },
    ledger,
  );
  return { remote, session };
}
