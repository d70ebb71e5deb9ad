/** Why a source did not let somebody in, beside the field that is to be mended. */
import { failures, type FailureCode, SyncError } from "@/lib/core/errors";
import type { Delivery } from "@/lib/core/delivery";
import { type Refusal, refused, refusedBySyncError } from "./refusals";

/** Anything that is not the source's word is our own fault and thrown on. */
export function refusedBySource(thrown: unknown, delivery: Delivery): Refusal {
  const known = thrown instanceof SyncError && delivery === "SFTP" ? sftp[thrown.code] : undefined;
  if (!(thrown instanceof SyncError) || known === undefined) return refusedBySyncError(thrown);
  const words = known.words ?? failures[thrown.code].advice;
  return refused(words, { [known.field]: words });
}

type Place = { readonly field: string; readonly words?: string };

/** Where the table speaks of runs, a person at a form hears something else. */
const sftp: Partial<Record<FailureCode, Place>> = {
  SourceUnavailable: {
    field: "host",
    words:
      "The SFTP server did not answer. Check host and port, or try again in a few minutes; a firewall may be in the way.",
  },
  SourceNotFound: { field: "host", words: "There is no server with this name." },
  SourceNotSftp: {
    field: "port",
    words: "What answers at this address and port is not an SFTP server.",
  },
  SourceOutdated: {
    field: "host",
    words:
      "The SFTP server offers only algorithms that are no longer safe. Whoever runs it must bring it up to date.",
  },
  SourceAuthFailed: {
    field: "password",
    words: "The SFTP server refused the username or password. Check both and try again.",
  },
  SourceKeyRefused: {
    field: "privateKey",
    words:
      "The SFTP server refused the username or the private key. Check both, and ask whoever runs it whether the public key is registered.",
  },
  SourceKeyUnreadable: { field: "privateKey" },
  SourceKeyLocked: { field: "passphrase" },
  SourceFolderMissing: {
    field: "folder",
    words: "This folder is not there on the SFTP server.",
  },
  SourceFolderDenied: {
    field: "folder",
    words: "The user may not read this folder, or the newest file in it.",
  },
};
