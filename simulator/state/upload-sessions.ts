import { randomBytes } from "node:crypto";
import type { GrowingBytes } from "./blobs";
import type { Clock } from "./clock";

/** An attachment on its way, piece by piece. */
export type UploadSession = {
  readonly id: string;
  /** Whose mailbox, and which application's limits count. */
  readonly personId: string;
  readonly appId: string;
  readonly message: number;
  readonly item: UploadItem;
  readonly bytes: GrowingBytes;
  received: number;
  readonly expiresAt: number;
};

export type UploadItem = {
  readonly name: string;
  readonly contentType: string | null;
  readonly sizeBytes: number;
  readonly isInline: boolean;
  readonly contentId: string | null;
};

const lifetimeMs = 60 * 60_000;

export class UploadSessions {
  readonly #clock: Clock;
  #sessions = new Map<string, UploadSession>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(session: Omit<UploadSession, "id" | "received" | "expiresAt">): UploadSession {
    const id = randomBytes(24).toString("base64url");
    const expiresAt = this.#clock() + lifetimeMs;
    const opened = { ...session, id, received: 0, expiresAt };
    this.#sessions.set(id, opened);
    return opened;
  }

  find(id: string): UploadSession | undefined {
    const session = this.#sessions.get(id);
    return session !== undefined && session.expiresAt > this.#clock() ? session : undefined;
  }

  close(session: UploadSession): void {
    this.#sessions.delete(session.id);
  }
}
