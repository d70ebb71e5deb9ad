/** Python's email package as a reader: one process for all messages, since its start is what takes time. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findPython } from "@/scripts/checks/programs";
import {
  ownHeaders,
  type ReadAttachment,
  readHtml,
  type ReadMail,
  type ReadPerson,
  readText,
  toTheSecond,
  words,
} from "./readers";

export type PythonReader = {
  /** One message after the other. */
  read(mime: Buffer): Promise<PythonMail>;
  close(): Promise<void>;
};

export type PythonMail = ReadMail & {
  readonly parameters: readonly Readonly<Record<string, string>>[];
  /** the names of all headers, as they are written */
  readonly names: readonly string[];
  /** what Python does not like about the message's form */
  readonly defects: readonly string[];
};

type Told = {
  readonly subject: string;
  readonly from: readonly ReadPerson[];
  readonly to: readonly ReadPerson[];
  readonly plainFrom: readonly ReadPerson[];
  readonly plainTo: readonly ReadPerson[];
  readonly date: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly (ReadAttachment & {
    readonly parameters: Readonly<Record<string, string>>;
  })[];
  readonly defects: readonly string[];
};

export function startPython(): PythonReader {
  const script = fileURLToPath(new URL("read_mail.py", import.meta.url));
  const child = spawn(findPython() ?? "python3", ["-I", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();

  async function answer(): Promise<unknown> {
    const line = await lines.next();
    if (line.done === true) throw new Error("Python has ended; its words are above");
    return JSON.parse(line.value);
  }
  const keepsSpaces = answer().then((told) => (told as { keepsSpaces: boolean }).keepsSpaces);

  async function ask(mime: Buffer): Promise<PythonMail> {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(mime.byteLength);
    child.stdin.write(length);
    child.stdin.write(mime);
    const isOld = await keepsSpaces;
    return mailOf((await answer()) as Told, isOld);
  }

  return {
    read(mime) {
      const next = last.then(() => ask(mime));
      last = next.catch(() => undefined);
      return next;
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

function mailOf(told: Told, isOld: boolean): PythonMail {
  const header = (name: string) => told.headers[name] ?? "";
  return {
    subject: told.subject,
    from: peopleOf(told.from, told.plainFrom, isOld),
    to: peopleOf(told.to, told.plainTo, isOld),
    date: toTheSecond(new Date(told.date)),
    messageId: header("message-id"),
    inReplyTo: header("in-reply-to"),
    references: words(header("references")),
    threadTopic: header("thread-topic"),
    text: readText(told.text),
    html: readHtml(told.html),
    headers: ownHeaders(Object.entries(told.headers)),
    attachments: told.attachments.map(({ name, type, sizeBytes, sha256 }) => ({
      ...{ name, type, sizeBytes, sha256 },
    })),
    parameters: told.attachments.map(({ parameters }) => parameters),
    names: told.names,
    defects: told.defects,
  };
}

/**
 * Both halves of the package have to agree. Of names an older Python splits, the newer half tells the
 * spaces wrong (its bug gh-128110), so that without them is all that can be asked of it.
 */
function peopleOf(
  people: readonly ReadPerson[],
  plain: readonly ReadPerson[],
  isOld: boolean,
): readonly ReadPerson[] {
  const agree = people.every(({ name, address }, index) => {
    const other = plain[index];
    if (other?.address !== address) return false;
    return isOld ? unspaced(name) === unspaced(other.name) : name === other.name;
  });
  if (agree && people.length === plain.length) return plain;
  throw new Error("Python's two ways to read people do not agree");
}

function unspaced(name: string): string {
  return name.replaceAll(" ", "");
}
