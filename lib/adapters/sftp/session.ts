/**
 * The vendor's files as a source: a window is the files that were zipped in it, a page is some of their
 * messages, and a cursor is the place in a file. What is not whole is left alone and told.
 */
import { SyncError } from "@/lib/core/errors";
import { type DeliveredFile, filesManifest } from "@/lib/core/delivered-file";
import type { SyncWindow } from "@/lib/core/window";
import {
  CursorExpired,
  type SourceAccount,
  type SourceLedger,
  type SourceSession,
} from "@/lib/ports/source";
import type { OpenedFile } from "./delivered-zip";
import { deliveryFolder, type FolderOptions } from "./delivery-folder";
import { mailAt, type PagedMails, pagedMails, readFileId } from "./session-mail";
import { isSameFile } from "./spool";

export type SessionOptions = FolderOptions & {
  /** @param path of the folder, as the server calls it */
  readonly account: (path: string) => SourceAccount;
};

export function openSftpSession(options: SessionOptions, ledger?: SourceLedger): SourceSession {
  const folder = deliveryFolder(options);
  let look: { readonly window: SyncWindow; readonly files: readonly DeliveredFile[] } | null = null;

  /** Some at a time: the first look after the switch was set may find ten thousand of them. */
  async function moveFinished(
    listed: readonly DeliveredFile[],
    ledger: SourceLedger,
    signal: AbortSignal,
  ): Promise<void> {
    if (!options.movesFinishedFiles) return;
    const names = listed.map(({ name }) => name).filter((name) => !folder.isInDone(name));
    const settled = await ledger.settled(names);
    if (settled.length === 0) return;
    await ledger.moved(await folder.moveToDone(settled.slice(0, mostMoves), signal));
  }

  return {
    account: async (signal) => options.account(await folder.path(signal)),

    async fetchManifest(window, signal) {
      const known = (await ledger?.files(window)) ?? [];
      const { inside, outside } = await folder.files(window, signal);
      if (ledger !== undefined) await moveFinished([...inside, ...outside], ledger, signal);
      const knownByName = new Map(known.map((file) => [file.name, file]));
      const files: DeliveredFile[] = [];
      for (const file of inside) {
        const before = knownByName.get(file.name);
        files.push(
          before !== undefined && isSameFile(file, before) && !isOfLimits(before)
            ? before
            : await folder.judge(file, signal),
        );
      }
      // Taken away since, by whoever runs the server or by us: it was delivered all the same.
      const there = new Set(inside.map(({ name }) => name));
      const gone = known.filter(({ name, state }) => state === "done" && !there.has(name));
      const all = [...files, ...gone];
      return { ...filesManifest(all), files: all, others: outside };
    },

    async fetchPage(window, cursor, limit, signal) {
      const from = cursor === null ? null : readCursor(cursor);
      // One look for all pages of a way through: a folder may hold ten thousand files.
      if (from === null || look?.window.start !== window.start) {
        look = { window, files: (await folder.files(window, signal)).inside };
      }
      const { files } = look;
      let at = from === null ? 0 : files.findIndex((file) => isAt(file, from));
      if (at < 0) throw new CursorExpired();
      const mails = pagedMails(limit);
      const completed: DeliveredFile[] = [];
      for (let next = from?.next ?? 0; at < files.length; at += 1, next = 0) {
        const listed = files[at];
        if (listed === undefined) continue;
        const read = await folder.using(listed, signal, (file) =>
          readOn(file, listed, next, mails, signal),
        );
        if (read.outcome === "full") {
          return { ...pageOf(mails, completed), nextCursor: cursorOf(listed, read.next) };
        }
        if (read.outcome === "whole") completed.push({ ...listed, ...read.facts });
      }
      return { ...pageOf(mails, completed), nextCursor: null };
    },

    async fetchAttachment(id, signal) {
      const { fileName, entryName } = readFileId(id);
      const listed = await folder.find(fileName, signal);
      const entry = listed === null ? null : await folder.entry(listed, entryName, signal);
      if (entry === null) throw new SyncError("AttachmentGone");
      return { ...entry, contentType: "message/rfc822", sha256: null };
    },

    /** The vendor's delivery names nobody who has written nothing. */
    listUsers: async () => null,
    close: () => folder.close(),
  };
}

const mostMoves = 500;

/** Somebody may have set other limits since. */
function isOfLimits({ reason }: DeliveredFile): boolean {
  return reason === "tooMany" || reason === "tooLarge" || reason === "tooDense";
}

type Read =
  | { readonly outcome: "full"; readonly next: number }
  | { readonly outcome: "whole"; readonly facts: Pick<DeliveredFile, "sha256" | "count"> }
  | { readonly outcome: "leftAlone" };

async function readOn(
  file: OpenedFile | null,
  listed: DeliveredFile,
  from: number,
  mails: PagedMails,
  signal: AbortSignal,
): Promise<Read> {
  if (file?.judged.outcome !== "ready") return { outcome: "leftAlone" };
  const { count, positions, sha256 } = file.judged;
  for (let next = from; next < count; next += 1) {
    if (mails.isFull()) return { outcome: "full", next };
    mails.add(await mailAt(file, listed, positions[next] ?? -1, signal));
  }
  return { outcome: "whole", facts: { sha256, count } };
}

function pageOf({ list }: PagedMails, completed: readonly DeliveredFile[]) {
  return { records: [], mails: list, completed };
}

type Cursor = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly next: number;
};

function cursorOf({ name, sizeBytes, modifiedAt }: DeliveredFile, next: number): string {
  const cursor: Cursor = { name, sizeBytes, modifiedMs: modifiedAt.getTime(), next };
  return JSON.stringify(cursor);
}

/** Ours, out of our own database. */
function readCursor(text: string): Cursor {
  return JSON.parse(text) as Cursor;
}

/** A file that was replaced is another one: its window is read again from the first. */
function isAt({ name, sizeBytes, modifiedAt }: DeliveredFile, cursor: Cursor): boolean {
  const isThis = name === cursor.name && sizeBytes === cursor.sizeBytes;
  return isThis && modifiedAt.getTime() === cursor.modifiedMs;
}
