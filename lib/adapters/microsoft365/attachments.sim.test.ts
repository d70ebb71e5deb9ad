import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createHttp, type Http, type HttpRequest } from "@/lib/adapters/http";
import type { Attaching } from "@/lib/ports/destination";
import { grantConsent } from "@/lib/testing/simulated-consent";
import { simulatedClient, startTestSimulator, type TestSimulator } from "@/lib/testing/simulator";
import { createAttachments } from "./attachments";
import { createGraph } from "./graph";
import { createMailboxes } from "./mailboxes";
import { createAppTokens } from "./token";

const never = new AbortController().signal;
const clock = { now: () => new Date("2026-11-22T08:00:00Z") };
const ann = "ann@contoso.com";
const file = { name: "Video – 1.mp4", contentType: "video/mp4", sizeBytes: 5_000_000 };
const bytes = Buffer.alloc(file.sizeBytes, "0123456789abcdef");
const half = 2_500_000;

let simulator: TestSimulator;
let http: Http;
let sent: HttpRequest[];
let attachments: Attaching;
let messageId: string;

beforeAll(async () => {
  simulator = await startTestSimulator();
  http = createHttp({ allow: [simulator.urls.entra, simulator.urls.graph] });
});

afterAll(async () => {
  http.close();
  await simulator.close();
});

beforeEach(async () => {
  await simulator.control("PUT", "/world", {
    tenant: { domain: "contoso.com", name: "Contoso" },
    people: [
      {
        upn: ann,
        displayName: "Ann",
        wids: ["62e90394-69f5-4237-9190-012177145e10"],
        mailbox: "ok",
      },
    ],
    telemessage: { username: "a", password: "b", records: [] },
  });
  await grantConsent(simulator.urls.entra, { ...simulatedClient, upn: ann });
  sent = [];
  const watched: Http = { ...http, send: (request) => (sent.push(request), http.send(request)) };
  const { entra: entraBaseUrl, graph: graphBaseUrl } = simulator.urls;
  const tokens = createAppTokens({
    ...{ ...simulatedClient, certificatePath: null, entraBaseUrl, http },
    clock: { now: () => new Date() },
  });
  const graph = createGraph({ graphBaseUrl, tokens, http });
  attachments = createAttachments({ graph, http: watched, clock });
  const answer = await createMailboxes({ graph, clock }).createMessage(ann, "inbox", "{}", never);
  messageId = answer.outcome === "created" ? answer.messageId : "";
});

async function opened(): Promise<string> {
  const session = await attachments.openSession(ann, messageId, file, never);
  return session.outcome === "opened" ? session.uploadUrl : session.outcome;
}

const piece = (from: number, to: number) => ({
  ...{ from, totalBytes: file.sizeBytes, bytes: bytes.subarray(from, to) },
});

test("pieces in order become an attachment, byte for byte, and our token goes with none of them", async () => {
  const url = await opened();
  expect(await attachments.sendPiece(url, piece(0, half), never)).toEqual({
    ...{ outcome: "received", next: half },
  });
  expect(await attachments.askSession(url, never)).toEqual({ outcome: "received", next: half });
  expect(await attachments.sendPiece(url, piece(half, file.sizeBytes), never)).toEqual({
    outcome: "attached",
  });
  expect(await attachments.askSession(url, never)).toEqual({ outcome: "sessionGone" });
  expect(await attachments.listAttachments(ann, messageId, never)).toEqual([
    { name: file.name, sizeBytes: file.sizeBytes },
  ]);
  expect(sent).toHaveLength(4);
  for (const { headers } of sent) expect(Object.keys(headers ?? {})).not.toContain("authorization");
  const path = `/mailboxes/${ann}/messages`;
  type Listed = { messages: { attachments: { sha256: string }[] }[] };
  const { messages } = await simulator.control<Listed>("GET", path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  expect(messages[0]?.attachments).toMatchObject([{ sha256 }]);
});

test("a piece the session does not wait for is told apart from one it refuses", async () => {
  const url = await opened();
  expect(await attachments.sendPiece(url, piece(half, file.sizeBytes), never)).toEqual({
    outcome: "outOfOrder",
  });
  await attachments.sendPiece(url, piece(0, half), never);
  expect(await attachments.sendPiece(url, piece(0, half), never)).toEqual({
    outcome: "outOfOrder",
  });
});

test.each([
  "https://office.com.example.org/upload",
  "https://evil.example.org/upload",
  "http://169.254.169.254/upload",
  "not an address",
])("nothing is sent to an address that is not Microsoft's: %s", async (uploadUrl) => {
  await simulator.fault({
    ...{ service: "graph", path: "/createUploadSession" },
    effect: { status: 201, body: { uploadUrl } },
  });
  expect(await attachments.openSession(ann, messageId, file, never)).toEqual({
    ...{ outcome: "notAllowed", status: 201 },
  });
  expect(sent).toEqual([]);
});

const error = (code: string) => ({ error: { code, message: "" } });

test.each([
  [
    "what Exchange wants in one request",
    400,
    "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
    { outcome: "tooSmall" },
  ],
  [
    "an attachment that is too large",
    400,
    "ErrorAttachmentSizeLimitExceeded",
    { outcome: "refused", code: "AttachmentsNotWritten" },
  ],
  [
    "a body that is too large",
    413,
    "RequestEntityTooLarge",
    { outcome: "refused", code: "AttachmentsNotWritten" },
  ],
  ["a full mailbox", 507, "ErrorQuotaExceeded", { outcome: "refused", code: "MailboxFull" }],
  ["a message that is gone", 404, "ErrorItemNotFound", { outcome: "messageGone" }],
  ["a rule against attachments", 403, "ErrorAccessDenied", { outcome: "notAllowed", status: 403 }],
  [
    "a rule nobody knows yet",
    400,
    "ErrorSensitiveProperty",
    { outcome: "notAllowed", status: 400 },
  ],
  ["an outage", 503, "ServiceUnavailable", { outcome: "unclear" }],
  ["a success nobody can read", 201, "", { outcome: "unclear" }],
] as const)("%s is told for what it is (%i %s)", async (_name, status, code, outcome) => {
  await simulator.fault({
    ...{ service: "graph", path: "/createUploadSession" },
    effect: { status, body: error(code) },
  });
  expect(await attachments.openSession(ann, messageId, file, never)).toEqual(outcome);
});

test.each([
  ["seconds", "7", 7_000],
  ["a date", "Sun, 22 Nov 2026 08:01:00 GMT", 60_000],
])("a pause in %s is told", async (_name, value, retryAfterMs) => {
  const url = await opened();
  const effect = { status: 429, headers: { "retry-after": value } };
  await simulator.fault({ service: "graph", method: "PUT", path: "attachment-sessions", effect });
  expect(await attachments.sendPiece(url, piece(0, half), never)).toEqual({
    ...{ outcome: "throttled", retryAfterMs },
  });
});

test.each([
  [{ loseResponse: true }, "unclear"],
  [{ cutBodyAfter: 5 }, "unclear"],
  [{ status: 200, body: { nextExpectedRanges: ["-1"] } }, "unclear"],
  [{ status: 200, body: { nextExpectedRanges: [] } }, "unclear"],
  [{ status: 200, body: "<html>" }, "unclear"],
  [{ status: 500 }, "unclear"],
  [{ status: 401 }, "sessionGone"],
  [{ status: 410 }, "sessionGone"],
] as const)("a piece answered with %j is %s", async (effect, outcome) => {
  const url = await opened();
  await simulator.fault({ service: "graph", method: "PUT", path: "attachment-sessions", effect });
  expect(await attachments.sendPiece(url, piece(0, half), never)).toEqual({ outcome });
});

test("stopped in the middle is interrupted, whatever became of it", async () => {
  const url = await opened();
  const effect = { delayMs: 500 };
  await simulator.fault({ service: "graph", method: "PUT", path: "attachment-sessions", effect });
  const asked = attachments.sendPiece(url, piece(0, half), AbortSignal.timeout(50));
  await expect(asked).rejects.toMatchObject({ code: "Interrupted" });
});
