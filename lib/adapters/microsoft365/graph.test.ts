import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Http } from "@/lib/adapters/http";
import type { HttpSending } from "@/lib/adapters/http-answers";
import { createGraph } from "./graph";
import type { AppToken, AppTokens } from "./token";

const token: AppToken = {
  ...{ value: "token", roles: [], tenantId: null, clientId: null },
  expiresAt: new Date(0),
};

/** Graph behind a token, and a connection, that come so late; what was sent is kept. */
function graphBehind(tokenMs: number, leaveWithinMs: number, connectionMs = 0) {
  const sent: string[] = [];
  const http = {
    async send({ method, onLeaving }: HttpSending) {
      await setTimeout(connectionMs);
      sent.push(method);
      onLeaving?.();
      const body = { isWhole: true, bytes: new Uint8Array() } as const;
      return { outcome: "answered", status: 200, headers: {}, body } as const;
    },
  } as unknown as Http;
  const slowly = () => setTimeout(tokenMs, token);
  const tokens: AppTokens = { withRole: slowly, instead: slowly, fresh: slowly };
  const graph = createGraph({ graphBaseUrl: "https://graph.test", tokens, http, leaveWithinMs });
  const { signal } = new AbortController();
  const send = (method: "GET" | "POST", onSend: () => void = () => undefined) =>
    graph.send({ method, path: "/users", role: "Mail.ReadWrite", signal, onSend });
  return { send, sent };
}

test("what would change something is not sent when its token comes too late", async () => {
  const { send, sent } = graphBehind(20, 1);
  expect(await send("POST")).toEqual({ outcome: "notSent", because: "deadline" });
  expect(await send("GET")).toMatchObject({ outcome: "answered" });
  expect(sent).toEqual(["GET"]);
});

test("a token that comes soon delays nothing but the request itself", async () => {
  const { send, sent } = graphBehind(1, 10_000);
  expect(await send("POST")).toMatchObject({ outcome: "answered" });
  expect(sent).toEqual(["POST"]);
});

test("what waits for a connection is not yet sent", async () => {
  const { send, sent } = graphBehind(0, 10_000, 20);
  let sentBefore: readonly string[] = ["nothing said"];
  await send("POST", () => (sentBefore = [...sent]));
  expect(sentBefore).toEqual(["POST"]);
});
