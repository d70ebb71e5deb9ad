import type { StoredMessage } from "./stored-message";

export type Folder = {
  readonly serial: number;
  displayName: string;
  parent: number | undefined;
  readonly isHidden: boolean;
  /** The name under which Graph knows a folder that every mailbox has. */
  readonly wellKnownName: string | undefined;
  readonly messages: Set<StoredMessage>;
  unread: number;
};

const everyMailbox: readonly (readonly [wellKnownName: string, displayName: string])[] = [
  ["archive", "Archive"],
  ["conversationhistory", "Conversation History"],
  ["deleteditems", "Deleted Items"],
  ["drafts", "Drafts"],
  ["inbox", "Inbox"],
  ["junkemail", "Junk Email"],
  ["outbox", "Outbox"],
  ["sentitems", "Sent Items"],
];

/** The folders of one mailbox. The root itself is one of them and is in no list. */
export class FolderTree {
  readonly root: Folder;
  #folders = new Map<number, Folder>();
  #lastSerial = 0;

  constructor() {
    this.root = this.#make("Top of Information Store", undefined, false, "msgfolderroot");
    for (const [wellKnownName, displayName] of everyMailbox) {
      this.#make(displayName, this.root, false, wellKnownName);
    }
  }

  get(serial: number): Folder | undefined {
    return this.#folders.get(serial);
  }

  wellKnown(name: string): Folder | undefined {
    const wanted = name.toLowerCase();
    return [...this.#folders.values()].find(({ wellKnownName }) => wellKnownName === wanted);
  }

  /** Folders that every mailbox has from the beginning, by the name that Graph gives them. */
  require(name: "drafts" | "deleteditems"): Folder {
    const folder = this.wellKnown(name);
    if (folder === undefined) throw new Error(`A mailbox without ${name} cannot be.`);
    return folder;
  }

  all(): Folder[] {
    return [...this.#folders.values()].filter((folder) => folder !== this.root);
  }

  children(parent: Folder): Folder[] {
    return [...this.#folders.values()].filter((folder) => folder.parent === parent.serial);
  }

  /** Names are unique among siblings, whatever their case and whether they are hidden. */
  childNamed(parent: Folder, displayName: string): Folder | undefined {
    const wanted = displayName.toLowerCase();
    return this.children(parent).find((folder) => folder.displayName.toLowerCase() === wanted);
  }

  create(parent: Folder, displayName: string, isHidden: boolean): Folder {
    return this.#make(displayName, parent, isHidden, undefined);
  }

  isWithin(folder: Folder, ancestor: Folder): boolean {
    for (
      let each: Folder | undefined = folder;
      each !== undefined;
      each = each.parent === undefined ? undefined : this.#folders.get(each.parent)
    ) {
      if (each === ancestor) return true;
    }
    return false;
  }

  /** A folder keeps its id when it is deleted; it only lies somewhere else from then on. */
  moveTo(folder: Folder, parent: Folder): void {
    let name = folder.displayName;
    for (let n = 1; this.childNamed(parent, name) !== undefined; n += 1) {
      name = `${folder.displayName}${n}`;
    }
    folder.displayName = name;
    folder.parent = parent.serial;
  }

  /** The folder and everything below it, gone for good. */
  remove(folder: Folder): Folder[] {
    const gone = this.all().filter((each) => this.isWithin(each, folder));
    for (const { serial } of gone) this.#folders.delete(serial);
    return gone;
  }

  #make(
    displayName: string,
    parent: Folder | undefined,
    isHidden: boolean,
    wellKnownName: string | undefined,
  ): Folder {
    this.#lastSerial += 1;
    const folder: Folder = {
      serial: this.#lastSerial,
      displayName,
      parent: parent?.serial,
      isHidden,
      wellKnownName,
      messages: new Set(),
      unread: 0,
    };
    this.#folders.set(folder.serial, folder);
    return folder;
  }
}
