/** Mailboxes of Exchange Online through Graph: folder, create, look-up, deletion. */
import { z } from "zod";
import type { Answered, HttpAnswer } from "@/lib/adapters/http";
import { readJson } from "@/lib/adapters/http-json";
import { SyncError } from "@/lib/core/errors";
import type { Attaching, CreateAnswer, Destination } from "@/lib/ports/destination";
import type { FolderGone, FoundMessage } from "@/lib/ports/destination";
import type { Clock } from "@/lib/ports/runtime";
import { errorCodes, inFilter, inPath, reasonOf, type Graph } from "./graph";
import { refusedFailure, mailboxFailure, namesNothing } from "./mailbox-failures";
import { refusalOf, retryAfterOf } from "./mailbox-failures";

type Mailboxes = Omit<Destination, keyof Attaching>;

export type MailboxesOptions = { readonly graph: Graph; readonly clock: Clock };

/** The named property that carries a delivery's key (message-format, last paragraph). */
const keyProperty = "String {5f2b1c52-8d0e-4a57-9a3b-6d6f0c0e7a11} Name IdempotencyKey";
const role = "Mail.ReadWrite";

export function createMailboxes({ graph, clock }: MailboxesOptions): Mailboxes {
  const failure = (answer: HttpAnswer) => mailboxFailure(answer, clock.now());
  const refused = (answer: HttpAnswer) => refusedFailure(answer, clock.now());

  async function findFolder(
    folders: string,
    displayName: string,
    isHiddenToo: boolean,
    signal: AbortSignal,
  ): Promise<string | null> {
    const filter = `$filter=displayName%20eq%20${inFilter(displayName)}&$select=id,displayName`;
    const hidden = isHiddenToo ? "&includeHiddenFolders=true" : "";
    const path = `${folders}?${filter}&$top=10${hidden}`;
    const answer = await graph.send({ method: "GET", path, role, signal });
    // A mailbox always has folders: what is not there is the mailbox.
    if (isAnswer(answer, 404)) {
      throw new SyncError("MailboxNotFound", { cause: reasonOf(answer) });
    }
    const { value } = parsed(answer, foldersShape) ?? thrown(refused(answer));
    const same = value.find((folder) => folder.displayName === displayName) ?? value[0];
    return same?.id ?? null;
  }

  return {
    async ensureFolder(mailboxId, displayName, signal, onRequest) {
      const folders = `/users/${inPath(mailboxId)}/mailFolders`;
      onRequest(0);
      const existing = await findFolder(folders, displayName, false, signal);
      if (existing !== null) return existing;
      const body = JSON.stringify({ displayName, isHidden: false });
      onRequest(Buffer.byteLength(body));
      const answer = await graph.send({ method: "POST", path: folders, body, role, signal });
      const made = parsed(answer, withId);
      if (made !== null) return made.id;
      if (!errorCodes(answer).includes("ErrorFolderExists")) throw refused(answer);
      // Another lane's holder was quicker, or a hidden folder has the name.
      onRequest(0);
      const found = await findFolder(folders, displayName, true, signal);
      return found ?? thrown(refused(answer));
    },

    async createMessage(mailboxId, folderId, body, signal) {
      const path = `/users/${inPath(mailboxId)}/mailFolders/${inPath(folderId)}/messages`;
      let sentAt = clock.now();
      const onSend = () => void (sentAt = clock.now());
      const answer = await graph.send({ method: "POST", path, body, role, signal, onSend });
      return judged(answer, sentAt, clock.now());
    },

    async findMessages(mailboxId, internetMessageId, signal) {
      const key = encodeURIComponent(`id eq '${keyProperty}'`);
      const query = [
        `$filter=internetMessageId%20eq%20${inFilter(internetMessageId)}`,
        "$select=id,internetMessageId,body",
        `$expand=singleValueExtendedProperties($filter=${key}),attachments($select=name,size)`,
        "$top=50",
      ];
      const path = `/users/${inPath(mailboxId)}/messages?${query.join("&")}`;
      const answer = await graph.send({ method: "GET", path, role, signal });
      const { value } = parsed(answer, foundShape) ?? thrown(refused(answer));
      return value;
    },

    async deletePermanently(mailboxId, messageId, signal) {
      const message = `/users/${inPath(mailboxId)}/messages/${inPath(messageId)}`;
      const path = `${message}/permanentDelete`;
      const answer = await graph.send({ method: "POST", path, role, signal });
      if (answer.outcome === "answered" && (isDone(answer) || namesNothing(answer))) return;
      throw failure(answer);
    },
  };
}

/**
 * Certain is a 2xx that can be read, a 429, and a 4xx other than 408; a full mailbox is certain with
 * any status. Everything else left this machine and may have been carried out (design, "In doubt").
 */
function judged(answer: HttpAnswer, sentAt: Date, now: Date): CreateAnswer | FolderGone {
  if (answer.outcome === "notSent") throw mailboxFailure(answer, now);
  if (answer.outcome === "noAnswer") return { outcome: "inDoubt", status: null, sentAt };
  const { status } = answer;
  if (isDone(answer)) {
    const created = parsed(answer, withId);
    if (created !== null) return { outcome: "created", messageId: created.id };
    return { outcome: "inDoubt", status, sentAt };
  }
  if (status === 429) return { outcome: "throttled", retryAfterMs: retryAfterOf(answer, now) };
  const refusal = refusalOf(answer);
  if (refusal === "ConsentRevoked") throw mailboxFailure(answer, now);
  if (refusal !== null) return { outcome: "refused", code: refusal, status };
  if (namesNothing(answer)) return { outcome: "folderGone" };
  const isCertain = status >= 400 && status < 500 && status !== 408;
  if (isCertain) return { outcome: "refused", code: "ItemRefused", status };
  return { outcome: "inDoubt", status, sentAt };
}

const withId = z.object({ id: z.string().min(1) });
const foldersShape = z.object({ value: z.array(withId.extend({ displayName: z.string() })) });

const found = z
  .object({
    id: z.string().min(1),
    singleValueExtendedProperties: z
      .array(z.object({ id: z.string(), value: z.string() }))
      .default([]),
    body: z.object({ content: z.string().default("") }).default({ content: "" }),
    attachments: z.array(z.object({ name: z.string(), size: z.number() })).default([]),
  })
  .transform((message): FoundMessage => {
    // Exchange writes the GUID of a property id as it likes; the filter has asked for one only.
    const key = message.singleValueExtendedProperties.find(
      ({ id }) => id.toLowerCase() === keyProperty.toLowerCase(),
    );
    return {
      messageId: message.id,
      idempotencyKey: key?.value ?? null,
      body: message.body.content,
      attachments: message.attachments.map(({ name, size }) => ({ name, sizeBytes: size })),
    };
  });
const foundShape = z.object({ value: z.array(found) });

function parsed<T>(answer: HttpAnswer, shape: z.ZodType<T>): T | null {
  if (answer.outcome !== "answered" || !isDone(answer)) return null;
  const json = readJson(answer);
  return json.isReadable ? (shape.safeParse(json.value).data ?? null) : null;
}

function isDone({ status }: Answered): boolean {
  return status >= 200 && status < 300;
}

function isAnswer(answer: HttpAnswer, status: number): boolean {
  return answer.outcome === "answered" && answer.status === status;
}

function thrown(error: SyncError): never {
  throw error;
}
