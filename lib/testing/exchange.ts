/** The simulated Exchange, as the adapters that write into mailboxes meet it. */
import { expect } from "vitest";
import { createHttp } from "@/lib/adapters/http";
import { createGraph } from "@/lib/adapters/microsoft365/graph";
import { createMailboxes } from "@/lib/adapters/microsoft365/mailboxes";
import { createAppTokens } from "@/lib/adapters/microsoft365/token";
import { SyncError, type FailureCode } from "@/lib/core/errors";
import type { Clock } from "@/lib/ports/runtime";
import { grantConsent } from "./simulated-consent";
import { simulatedClient, startTestSimulator } from "./simulator";
import type { FaultEffect, TestSimulator } from "./simulator";

export const never = new AbortController().signal;
export const clock = { now: () => new Date("2026-11-22T08:00:00Z") };
export const folderName = "WhatsApp Archiver";
export const key = "ab".repeat(32);
export const ann = "ann@contoso.com";
export const messageId = "<a+b'c&d#1@contoso.com>";

const globalAdministrator = "62e90394-69f5-4237-9190-012177145e10";

/** Mailboxes in every state that one can be in; Ann's takes what it is given. */
const people = ["ok", "none", "full", "denied"].map((mailbox) => {
  const name = mailbox === "ok" ? "ann" : mailbox;
  const wids = name === "ann" ? [globalAdministrator] : [];
  return { upn: `${name}@contoso.com`, displayName: name, mailbox, wids };
});

export class TestExchange {
  mailboxes: ReturnType<typeof createMailboxes>;

  private constructor(readonly simulator: TestSimulator) {
    this.mailboxes = this.mailboxesAt(simulator.urls.graph);
  }

  static async start(): Promise<TestExchange> {
    return new TestExchange(await startTestSimulator());
  }

  /** A new tenant that has consented, and no token yet. */
  async renew(): Promise<void> {
    await this.simulator.control("PUT", "/world", {
      tenant: { domain: "contoso.com", name: "Contoso" },
      people,
      telemessage: { username: "a", password: "b", records: [] },
    });
    await grantConsent(this.simulator.urls.entra, { ...simulatedClient, upn: ann });
    this.mailboxes = this.mailboxesAt(this.simulator.urls.graph);
  }

  mailboxesAt(graphBaseUrl: string, watch: Clock = clock) {
    const { entra: entraBaseUrl } = this.simulator.urls;
    const http = createHttp({ allow: [graphBaseUrl, entraBaseUrl] });
    const tokens = createAppTokens({
      ...{ ...simulatedClient, certificatePath: null, entraBaseUrl, http },
      clock: { now: () => new Date() },
    });
    const graph = createGraph({ graphBaseUrl, tokens, http });
    return createMailboxes({ graph, clock: watch });
  }

  ensure(): Promise<string> {
    return this.mailboxes.ensureFolder(ann, folderName, never, () => undefined);
  }

  async create() {
    return this.mailboxes.createMessage(ann, await this.ensure(), message(), never);
  }

  async createWith(effect: FaultEffect) {
    const folder = await this.ensure();
    await this.simulator.fault({ service: "graph", method: "POST", path: "/messages", effect });
    return this.mailboxes.createMessage(ann, folder, message(), never);
  }

  async folderNames(): Promise<string[]> {
    type Folders = { folders: { displayName: string }[] };
    const { folders } = await this.simulator.control<Folders>("GET", `/mailboxes/${ann}`);
    return folders.map(({ displayName }) => displayName);
  }

  async messages(folder = folderName): Promise<unknown[]> {
    const path = `/mailboxes/${ann}/messages?folder=${encodeURIComponent(folder)}`;
    return (await this.simulator.control<{ messages: unknown[] }>("GET", path)).messages;
  }

  close(): Promise<void> {
    return this.simulator.close();
  }
}

export function message(more: object = {}): string {
  return JSON.stringify({
    ...{ subject: "WhatsApp Message", internetMessageId: messageId, isRead: true },
    body: { contentType: "text", content: "hello" },
    singleValueExtendedProperties: [
      { id: "Integer 0x0E07", value: "1" },
      { id: "String {5f2b1c52-8d0e-4a57-9a3b-6d6f0c0e7a11} Name IdempotencyKey", value: key },
    ],
    ...more,
  });
}

export function error(code: string, inner?: string) {
  const innerError = inner === undefined ? {} : { innerError: { code: inner } };
  return { error: { code, message: "The details are nobody's business.", ...innerError } };
}

export async function failsWith(code: FailureCode, work: Promise<unknown>) {
  expect(await codeOf(work)).toBe(code);
}

async function codeOf(work: Promise<unknown>): Promise<FailureCode | null> {
  try {
    await work;
    return null;
  } catch (thrown) {
    if (thrown instanceof SyncError) return thrown.code;
    throw thrown;
  }
}
