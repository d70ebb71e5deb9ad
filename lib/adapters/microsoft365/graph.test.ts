import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Http } from "@/lib/adapters/http";
import { createGraph } from "./graph";
import type { AppToken, AppTokens } from "./token";

const token: AppToken = {
  ...{ value: "token", roles: [], tenantId: null, clientId: null },
  expiresAt: new Date(0),
};

/** Graph behind a token that comes so late; what was sent is kept. */
function graphBehind(tokenMs: number, leaveWithinMs: number) {
  const sent: string[] = [];
  const http = {
    async send({ method }: { method: string }) {
      sent.push(method);
      const body = { isWhole: true, bytes: new Uint8Array() } as const;
      return { outcome: "answered", status: 200, headers: {}, body } as const;
    },
  } as unknown as Http;
  const slowly = () => setTimeout(tokenMs, token);
  const tokens: AppTokens = { withRole: slowly, instead: slowly, fresh: slowly };
  const graph = createGraph({ graphBaseUrl: "https://graph.test", tokens, http, leaveWithinMs });
  const { signal } = new AbortController();
  const send = (method: "GET" | "POST") =>
    graph.send({ method, path: "/users", role: "Mail.ReadWrite", signal });
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
