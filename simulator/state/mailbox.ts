import type { Clock } from "./clock";
import { FolderTree, type Folder } from "./folders";
import { ItemIds } from "./item-ids";
import { MessageIndex } from "./message-index";
import type { MessageParts, StoredMessage } from "./stored-message";

/** One mailbox: a tree of folders and the messages in them. */
export class Mailbox {
  readonly ids: ItemIds;
  readonly folders: FolderTree;
  readonly #clock: Clock;
  readonly #index = new MessageIndex();
  #messages = new Map<number, StoredMessage>();
  #lastSerial = 0;

  constructor(worldId: string, personId: string, clock: Clock) {
    this.ids = new ItemIds(worldId, personId);
    this.folders = new FolderTree();
    this.#clock = clock;
  }

  get duplicates(): { readonly byKey: number; readonly byInternetMessageId: number } {
    return this.#index.duplicates;
  }

  add(folder: Folder, parts: MessageParts): StoredMessage {
    this.#lastSerial += 1;
    const now = this.#clock();
    const message: StoredMessage = {
      ...parts,
      serial: this.#lastSerial,
      folder: folder.serial,
      createdAt: now,
      modifiedAt: now,
      revision: 1,
    };
    this.#messages.set(message.serial, message);
    this.#index.add(message);
    folder.messages.add(message);
    if (!message.isRead) folder.unread += 1;
    return message;
  }

  find(serial: number): StoredMessage | undefined {
    return this.#messages.get(serial);
  }

  /** All messages in the order in which they came. */
  all(): Iterable<StoredMessage> {
    return this.#messages.values();
  }

  get size(): number {
    return this.#messages.size;
  }

  byInternetMessageId(id: string): readonly StoredMessage[] {
    return this.#index.byInternetMessageId(id);
  }

  byExtendedProperty(id: string, value: string): readonly StoredMessage[] {
    return this.#index.byExtendedProperty(id, value);
  }

  /** The one way to change a message, so that indexes and counters never disagree with it. */
  change(message: StoredMessage, changes: Partial<MessageParts>): void {
    this.#index.remove(message);
    const folder = this.folders.get(message.folder);
    if (folder !== undefined && !message.isRead) folder.unread -= 1;
    Object.assign(message, changes);
    message.modifiedAt = this.#clock();
    message.revision += 1;
    this.#index.add(message);
    if (folder !== undefined && !message.isRead) folder.unread += 1;
  }

  move(message: StoredMessage, to: Folder): void {
    this.#leaveFolder(message);
    message.folder = to.serial;
    message.revision += 1;
    to.messages.add(message);
    if (!message.isRead) to.unread += 1;
  }

  async remove(message: StoredMessage): Promise<void> {
    this.#leaveFolder(message);
    this.#messages.delete(message.serial);
    this.#index.remove(message);
    for (const { bytes } of message.attachments) await bytes.discard();
  }

  async discard(): Promise<void> {
    for (const { attachments } of this.#messages.values()) {
      for (const { bytes } of attachments) await bytes.discard();
    }
  }

  #leaveFolder(message: StoredMessage): void {
    const folder = this.folders.get(message.folder);
    if (folder === undefined) return;
    folder.messages.delete(message);
    if (!message.isRead) folder.unread -= 1;
  }
}
