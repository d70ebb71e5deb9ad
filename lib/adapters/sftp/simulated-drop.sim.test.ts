/** Both deliveries of one simulated archive, read by both adapters: the same messages of the same people. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHttp } from "@/lib/adapters/http";
import { createTelemessage } from "@/lib/adapters/telemessage/api";
import { decodeMail } from "@/lib/core/eml-item";
import { type DecodedRecord, decodeRecord } from "@/lib/core/item";
import type { ItemParticipant } from "@/lib/core/participant";
import type { SourcePage, SourceSession } from "@/lib/ports/source";
import { startTestSimulator, type TestSimulator } from "@/lib/testing/simulator";
import { zipLimits } from "@/lib/testing/zip-files";
import { createSftp, type Sftp } from "./source";

const never = new AbortController().signal;
const hourMs = 3_600_000;
const quarterMs = hourMs / 4;
const now = Date.now();
const user = { username: "archive@contoso.com", password: "Archive!2026" };

let simulator: TestSimulator;
beforeAll(async () => {
  simulator = await startTestSimulator();
});
afterAll(() => simulator.close());

test("the default world is the same by the archive API and by SFTP", async () => {
  // The drop is zipped by quarters of an hour, so a window that begins with one holds the same.
  const end = new Date(now - 5 * 60_000);
  const start = new Date(now - (now % hourMs) - 25 * hourMs);
  const byApi = await everything(api(), { start, end });
  const bySftp = await everything(await sftp(), { start, end });
  expect(byApi.length).toBeGreaterThan(200);
  expect(bySftp.map(told).toSorted()).toEqual(byApi.map(told).toSorted());
}, 120_000);

/** What both deliveries say of a message: when, what kind, and who is to have it. */
function told(decoded: DecodedRecord): string {
  if (decoded.outcome === "unreadable") return "unreadable";
  const { kind, messageAt, participants } = decoded.item;
  // An absurd time is replaced by that of the delivery, which is in the same quarter of an hour.
  const at = new Date(messageAt.getTime() - (messageAt.getTime() % quarterMs)).toISOString();
  const known = kind === "CALL" || kind === "DELETED" ? kind : "message";
  return [at, known, ...participants.map(nameOf).toSorted()].join(" ");
}

/** What the mapping goes by; a mail tells of somebody with an address no other id than a number. */
function nameOf({ value, email }: ItemParticipant): string {
  return email === null ? value : `${value}/${email}`;
}

async function everything(session: SourceSession, window: { start: Date; end: Date }) {
  const decoded: DecodedRecord[] = [];
  let cursor: string | null = null;
  do {
    const page: SourcePage = await session.fetchPage(window, cursor, 200, never);
    decoded.push(...page.records.map((each) => decodeRecord(each, window.start)));
    for (const mail of page.mails ?? []) decoded.push(await decodeMail(mail));
    cursor = page.nextCursor;
  } while (cursor !== null);
  await session.close?.();
  return decoded;
}

function api(): SourceSession {
  const baseUrl = simulator.urls.telemessage;
  const http = createHttp({ allow: [baseUrl], maxConnections: 4 });
  const clock = { now: () => new Date(now) };
  return createTelemessage({ baseUrl, http, clock }).open({ delivery: "API", ...user });
}

async function sftp(): Promise<SourceSession> {
  const adapter: Sftp = createSftp({ mayReachItself: true, limits: zipLimits });
  const { host, port, folder } = await simulator.control<{
    readonly host: string;
    readonly port: number;
    readonly folder: string;
  }>("GET", "/sftp");
  const hostKey = await adapter.hostKey({ host, port }, never);
  return adapter.open({
    ...{ delivery: "SFTP", host, port, folder, hostKey, ...user },
    ...{ privateKey: null, passphrase: null, movesFinishedFiles: false },
  });
}
