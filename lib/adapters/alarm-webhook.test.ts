import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { fakeClock } from "@/lib/testing/fakes";
import type { AlarmNotice, AlarmSink } from "@/lib/ports/alarm-sink";
import { createAlarmWebhook } from "./alarm-webhook";
import { createHttp } from "./http";

const secret = "3f9a-a-secret-of-the-operators-own-1c7e";
const notice: AlarmNotice = {
  id: "0198-alarm",
  event: "mended",
  cause: "needsAttention",
  code: "SourceAuthFailed",
  connectorId: "0198-connector",
  connectorName: "WhatsApp Archiver",
  raisedAt: new Date("2026-11-20T09:00:00Z"),
  mendedAt: new Date("2026-11-20T09:30:00Z"),
  advice: "Enter them again.",
};

type Heard = { headers: IncomingMessage["headers"]; method: string; path: string; body: string };
const heard: Heard[] = [];
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  heard.length = 0;
});

/** A receiver that answers each request with this. */
async function receiver(status: number, headers: Record<string, string> = {}): Promise<AlarmSink> {
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const { headers: received, method = "", url: path = "" } = request;
      heard.push({ headers: received, method, path, body });
      response.writeHead(status, headers).end("Thank you");
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server?.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return sinkTo(`http://127.0.0.1:${port}/hooks/alarms`);
}

function sinkTo(url: string): AlarmSink {
  return createAlarmWebhook({
    ...{ url, secret, portalUrl: "https://portal.test", clock: fakeClock() },
    http: createHttp({ allow: [url] }),
  });
}

const never = new AbortController().signal;

test("an alarm arrives as JSON with ids, instants, advice and a link, and nothing about people", async () => {
  const sink = await receiver(204);
  expect(await sink.tell(notice, never)).toEqual({ isTold: true });

  expect(heard[0]).toMatchObject({ method: "POST", path: "/hooks/alarms" });
  expect(JSON.parse(heard[0]?.body ?? "")).toEqual({
    ...{ id: "0198-alarm", event: "mended", cause: "needsAttention", code: "SourceAuthFailed" },
    ...{ connectorId: "0198-connector", connectorName: "WhatsApp Archiver" },
    ...{ raisedAt: "2026-11-20T09:00:00.000Z", mendedAt: "2026-11-20T09:30:00.000Z" },
    advice: "Enter them again.",
    link: "https://portal.test/data-connectors/0198-connector",
  });
});

test("the receiver can tell that it comes from us, when, and whether it heard it before", async () => {
  const sink = await receiver(200);
  await sink.tell(notice, never);

  const headers = heard[0]?.headers ?? {};
  const body = heard[0]?.body ?? "";
  const [, t = "", v1] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["x-alarm-signature"])) ?? [];
  expect(new Date(Number(t) * 1000)).toEqual(new Date("2026-11-20T10:00:00Z"));
  expect(v1).toBe(createHmac("sha256", secret).update(`${t}.${body}`).digest("hex"));
  expect(headers["x-alarm-id"]).toBe("0198-alarm.mended");
  expect(JSON.stringify(headers)).not.toContain(secret);
});

test.each([
  ["fails", 500, {}, null],
  ["asks for a pause", 429, { "retry-after": "90" }, 90_000],
  ["leads elsewhere", 307, { location: "http://127.0.0.1:9/" }, null],
])("a receiver that %s has not heard the alarm", async (_name, status, headers, retryAfterMs) => {
  const sink = await receiver(status, headers);
  expect(await sink.tell(notice, never)).toEqual({
    ...{ isTold: false, reason: `status ${status}`, retryAfterMs },
  });
  expect(heard).toHaveLength(1);
});

test("a receiver that is away has not heard the alarm", async () => {
  const answer = await sinkTo("http://127.0.0.1:9/").tell(notice, never);
  expect(answer).toEqual({ isTold: false, reason: "broken", retryAfterMs: null });
});
