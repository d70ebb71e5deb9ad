import type { Clock } from "./clock";
import type { Person } from "./directory";
import { Mailbox } from "./mailbox";

/** Every person's mailbox, made when it is first looked into. */
export class Mailboxes {
  readonly #worldId: string;
  readonly #clock: Clock;
  #byPerson = new Map<string, Mailbox>();

  constructor(worldId: string, clock: Clock) {
    this.#worldId = worldId;
    this.#clock = clock;
  }

  of(person: Person): Mailbox {
    let mailbox = this.#byPerson.get(person.id);
    if (mailbox === undefined) {
      mailbox = new Mailbox(this.#worldId, person.id, this.#clock);
      this.#byPerson.set(person.id, mailbox);
    }
    return mailbox;
  }

  /** Messages that are in one mailbox more than once, over all its folders. */
  duplicates(): { byKey: number; byInternetMessageId: number } {
    let byKey = 0;
    let byInternetMessageId = 0;
    for (const mailbox of this.#byPerson.values()) {
      byKey += mailbox.duplicates.byKey;
      byInternetMessageId += mailbox.duplicates.byInternetMessageId;
    }
    return { byKey, byInternetMessageId };
  }

  async discard(): Promise<void> {
    for (const mailbox of this.#byPerson.values()) await mailbox.discard();
  }
}
