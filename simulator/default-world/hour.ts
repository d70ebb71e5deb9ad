import { createHash } from "node:crypto";
import type { AttachmentInput } from "../world";
import type { Employee, Participant } from "./cast";
import { lines, type Language } from "./lines";
import { seededRandom, type Random } from "./random";

export type Conversation = {
  readonly id: string;
  readonly type: "DIRECT" | "GROUP" | "BROADCAST";
  readonly name?: string;
  readonly members: readonly Participant[];
};

export type FileInput = {
  readonly name: string;
  readonly contentType: string;
  readonly content: Buffer | { readonly sizeBytes: number; readonly seed: string };
  /** What the record says about the file, where it does not say the truth. */
  readonly claims?: { readonly sizeBytes?: number; readonly sha256?: string };
  /** Named in the record and not there any more. */
  readonly isGone?: boolean;
};

export type MessageInput = {
  readonly conversation: Conversation;
  readonly sender: Participant;
  /** Whose archives it is in; one record each, with the same networkMessageId. */
  readonly owners: readonly Employee[];
  readonly messageType?: string;
  readonly text?: string;
  readonly files?: readonly FileInput[];
  readonly networkMessageId?: string;
  /** Further properties of the body: call, reaction, edited, deleted, location … */
  readonly more?: Readonly<Record<string, unknown>>;
};

/** One hour of the archive. What happens in it depends on nothing but which hour it is. */
export class Hour {
  readonly random: Random;
  readonly hourOfDay: number;
  readonly records: Record<string, unknown>[] = [];
  readonly attachments: Record<string, AttachmentInput> = {};
  readonly #start: number;
  #messages = 0;

  constructor(readonly number: number) {
    this.random = seededRandom(`contoso ${number}`);
    this.hourOfDay = number % 24;
    this.#start = number * 3_600_000;
  }

  say(language: Language): string {
    return this.random.pick<string>(lines[language]);
  }

  /** Adds a message and gives back its networkMessageId, for replies, reactions and the like. */
  add(message: MessageInput): string {
    this.#messages += 1;
    const { random } = this;
    const sentAt = this.#start + random.below(3_590_000);
    const networkMessageId = message.networkMessageId ?? this.#networkId();
    const attachments = (message.files ?? []).map((file, index) => this.#attach(file, index));
    message.owners.forEach((owner, index) => {
      const receivedAt = sentAt + 1000 + index * 400 + random.below(5000);
      this.records.push({
        id: `wa-${this.number.toString(36)}-${this.#messages}-${index + 1}`,
        revision: "1",
        gatewayReceivedDate: new Date(receivedAt).toISOString(),
        networkType: "WhatsApp",
        sourceType: owner.archiver,
        body: bodyOf(message, owner, networkMessageId, sentAt, attachments),
      });
    });
    return networkMessageId;
  }

  #networkId(): string {
    const hash = createHash("md5").update(`${this.number} ${this.#messages}`).digest("hex");
    return `3EB0${hash.slice(0, 18).toUpperCase()}`;
  }

  #attach(file: FileInput, index: number) {
    const id = `att-${this.number.toString(36)}-${this.#messages}-${index + 1}`;
    const { name, contentType, content, claims } = file;
    const isBuffer = Buffer.isBuffer(content);
    if (file.isGone !== true) {
      this.attachments[id] = isBuffer ? { base64: content.toString("base64") } : content;
    }
    const sha256 = isBuffer ? createHash("sha256").update(content).digest("hex") : undefined;
    const sizeBytes = isBuffer ? content.length : content.sizeBytes;
    return { id, name, contentType, sizeBytes, ...(sha256 && { sha256 }), ...claims };
  }
}

function bodyOf(
  message: MessageInput,
  owner: Employee,
  networkMessageId: string,
  sentAt: number,
  attachments: readonly unknown[],
) {
  const { conversation, sender, messageType = "CHAT", text, more } = message;
  const { id, type, name } = conversation;
  const recipients = conversation.members.filter(({ value }) => value !== sender.value);
  return {
    messageType,
    direction: sender.value === owner.value ? "OUTGOING" : "INCOMING",
    networkMessageId,
    messageTime: sentAt,
    ...(text === undefined ? {} : { text }),
    conversation: { id, type, ...(name === undefined ? {} : { name }) },
    owner: known(owner),
    sender: known(sender),
    recipients: recipients.map(known),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...more,
  };
}

/** A participant as the archive names one: without what only we know. */
function known({ type, value, email, firstName, lastName }: Participant): Participant {
  return {
    type,
    value,
    ...(email === undefined ? {} : { email }),
    ...(firstName === undefined ? {} : { firstName }),
    ...(lastName === undefined ? {} : { lastName }),
  };
}
