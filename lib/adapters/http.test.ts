import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createHttp, HttpBroken, type Http } from "./http";
import { readJson } from "./http-json";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let base: string;
let handle: Handler;
let http: Http;
let connections: Socket[];

beforeEach(async () => {
  handle = (_request, response) => response.end();
  connections = [];
  server = createServer((request, response) => handle(request, response));
  server.on("connection", (socket) => connections.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  http = createHttp({ allow: [base] });
});

afterEach(async () => {
  http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = (more: object = {}) => http.send({ method: "GET", url: `${base}/x?secret=1`, ...more });

function replies(status: number, body: string | Buffer, headers: Record<string, string> = {}) {
  handle = (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body);
  };
}

describe("a request that is answered", () => {
  test("brings status, headers and the whole body", async () => {
    replies(201, '{"id":"ä"}', { "x-request-id": "7" });
    const answer = await get();
    expect(answer).toMatchObject({ outcome: "answered", status: 201 });
    expect(answered(answer).headers["x-request-id"]).toBe("7");
    expect(readJson(answered(answer))).toEqual({ isReadable: true, value: { id: "ä" } });
  });

  test("carries its method, headers and body", async () => {
    const seen = new Promise<unknown>((resolve) => {
      handle = ({ method, headers }, response) => {
        resolve([method, headers["x-a"], headers["content-length"]]);
        response.end("{}");
      };
    });
    await http.send({ method: "POST", url: base, headers: { "x-a": "b" }, body: "grün" });
    expect(await seen).toEqual(["POST", "b", "5"]);
  });

  test("is not led elsewhere by a redirect", async () => {
    replies(302, "", { location: `${base}/elsewhere` });
    expect(await get()).toMatchObject({ outcome: "answered", status: 302 });
  });

  test("uses connections again: who asks one thing after the other needs two", async () => {
    replies(200, "{}");
    for (let count = 0; count < 6; count += 1) await get();
    expect(connections.length).toBeLessThanOrEqual(2);
  });

  test("is not taken for answered by a status that only comes before the answer", async () => {
    handle = (_request, response) => {
      response.writeProcessing();
      response.writeHead(201, { "content-type": "application/json" });
      response.end("{}");
    };
    expect(await get()).toMatchObject({ outcome: "answered", status: 201 });
  });

  test("never opens more connections than it may", async () => {
    const narrow = createHttp({ allow: [base], maxConnections: 3 });
    handle = (_request, response) => setTimeout(() => response.end("{}"), 20);
    const many = Array.from({ length: 12 }, () => narrow.send({ method: "GET", url: base }));
    const outcomes = (await Promise.all(many)).map(({ outcome }) => outcome);
    narrow.close();
    expect(new Set(outcomes)).toEqual(new Set(["answered"]));
    expect(connections).toHaveLength(3);
  });
});

describe("a body that cannot be believed", () => {
  test.each([
    ["a page of HTML", "<html>sign in</html>", "text/html"],
    ["JSON that says it is HTML", "{}", "text/html; charset=utf-8"],
    ["a byte order mark", "\uFEFF{}", "application/json"],
    ["another charset", "{}", "application/json; charset=utf-16"],
    ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0x22]), "application/json"],
    ["nothing", "", "application/json"],
    ["half of it", '{"id":"a', "application/json"],
    ["two values", "{}{}", "application/json"],
  ])("%s is unreadable", async (_name, body, type) => {
    replies(200, body, { "content-type": type });
    expect(readJson(answered(await get()))).toEqual({ isReadable: false });
  });

  test("a body that is cut is not whole, though its status is known", async () => {
    handle = (_request, response) => {
      response.writeHead(201, { "content-length": "100" });
      response.write('{"id":');
      setTimeout(() => response.destroy(), 10);
    };
    const answer = answered(await get());
    expect(answer).toMatchObject({ status: 201, body: { isWhole: false, because: "broken" } });
    expect(readJson(answer)).toEqual({ isReadable: false });
  });

  test("a body larger than allowed is not received to its end", async () => {
    let sentBytes = 0;
    handle = (_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024))) sentBytes += 65_536;
      };
      response.on("drain", more);
      more();
    };
    const answer = await get({ maxBytes: 1_000_000 });
    expect(answer).toMatchObject({ body: { isWhole: false, because: "tooLarge" } });
    expect(sentBytes).toBeLessThan(50_000_000);
  });
});

describe("a request that never left", () => {
  test("is known when nobody listens", async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await get()).toEqual({ outcome: "notSent", because: "broken" });
  });

  test("is known when the name does not exist", async () => {
    const lost = createHttp({ allow: ["https://archive.invalid"] });
    const answer = await lost.send({ method: "GET", url: "https://archive.invalid/" });
    expect(answer).toEqual({ outcome: "notSent", because: "broken" });
  });

  test("is known when it was stopped before it began", async () => {
    const answer = await get({ signal: AbortSignal.abort() });
    expect(answer).toEqual({ outcome: "notSent", because: "aborted" });
  });

  test("is known when it was stopped waiting for a connection", async () => {
    const narrow = createHttp({ allow: [base], maxConnections: 1 });
    handle = () => undefined;
    const stop = new AbortController();
    const first = narrow.send({ method: "POST", url: base, signal: stop.signal });
    const second = narrow.send({ method: "POST", url: base, signal: stop.signal });
    await arrival();
    stop.abort();
    expect(await second).toEqual({ outcome: "notSent", because: "aborted" });
    expect(await first).toEqual({ outcome: "noAnswer", because: "aborted" });
    narrow.close();
  });

  test("is given up when it found no connection for long", async () => {
    const narrow = createHttp({ allow: [base], maxConnections: 1, leaveWithinMs: 200 });
    handle = (_request, response) => setTimeout(() => response.end("{}"), 500);
    const left: string[] = [];
    const send = (name: string) =>
      narrow.send({ method: "POST", url: base, onLeaving: () => void left.push(name) });
    const first = send("first");
    const second = await send("second");
    expect(second).toEqual({ outcome: "notSent", because: "deadline" });
    expect(await first).toMatchObject({ outcome: "answered" });
    expect(left).toEqual(["first"]);
    narrow.close();
  });

  test("is not sent by a process that stood still while it waited for a connection", async () => {
    const narrow = createHttp({ allow: [base], maxConnections: 1, leaveWithinMs: 5_000 });
    let answer: () => void = () => undefined;
    handle = (_request, response) => (answer = () => void response.end("{}"));
    const first = narrow.send({ method: "POST", url: base });
    const second = narrow.send({ method: "POST", url: base });
    await arrival();
    replies(200, "{}");
    // No timer tells it: what comes over the network is seen to before those that ran out meanwhile.
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + 6_000);
    onTestFinished(() => clock.mockRestore());
    answer();
    expect(await second).toEqual({ outcome: "notSent", because: "deadline" });
    expect(await first).toMatchObject({ outcome: "answered" });
    narrow.close();
  });

  test("is known when the server's certificate is not trusted", async () => {
    // A server that speaks plain HTTP cannot finish a TLS handshake either.
    const tls = base.replace("http:", "https:");
    const strict = createHttp({ allow: [tls] });
    const answer = await strict.send({ method: "POST", url: tls, body: "{}" });
    strict.close();
    expect(answer).toEqual({ outcome: "notSent", because: "broken" });
  });
});

test("a request leaves when a connection is free for it, not when it is asked for", async () => {
  const narrow = createHttp({ allow: [base], maxConnections: 1 });
  const happened: string[] = [];
  const send = (name: string) =>
    narrow.send({ method: "POST", url: base, onLeaving: () => void happened.push(name) });
  let answer: () => void = () => undefined;
  handle = (_request, response) => (answer = () => void response.end("{}"));
  const both = [send("first leaves"), send("second leaves")];
  await arrival();
  handle = (_request, response) => response.end("{}");
  happened.push("first is answered");
  answer();
  await Promise.all(both);
  expect(happened).toEqual(["first leaves", "first is answered", "second leaves"]);
  narrow.close();
});

describe("a request without an answer", () => {
  test("is in doubt when the connection is cut", async () => {
    handle = (request) => request.socket.destroy();
    expect(await get()).toEqual({ outcome: "noAnswer", because: "broken" });
  });

  test("is never sent a second time, also when a connection used before is cut", async () => {
    replies(200, "{}");
    await get();
    let arrivals = 0;
    handle = (request) => {
      arrivals += 1;
      request.socket.destroy();
    };
    const outcomes = await Promise.all([
      get(),
      http.send({ method: "POST", url: base, body: "x" }),
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["noAnswer", "noAnswer"]);
    expect(arrivals).toBe(2);
  });

  test("is in doubt when the deadline passes", async () => {
    handle = () => undefined;
    expect(await get({ deadlineMs: 400 })).toEqual({ outcome: "noAnswer", because: "deadline" });
  });

  test("is in doubt when it is stopped", async () => {
    const stop = new AbortController();
    handle = () => stop.abort();
    const answer = await get({ signal: stop.signal });
    expect(answer).toEqual({ outcome: "noAnswer", because: "aborted" });
  });

  test("is in doubt when what answers does not speak HTTP", async () => {
    handle = (request) => request.socket.end("hello\r\n\r\n");
    expect(await get()).toEqual({ outcome: "noAnswer", because: "broken" });
  });

  test("keeps its status when only the body is late", async () => {
    handle = (_request, response) => {
      response.writeHead(200);
      response.write("{");
    };
    const answer = await get({ deadlineMs: 400 });
    expect(answer).toMatchObject({ status: 200, body: { isWhole: false, because: "deadline" } });
  });

  test("leaves no listener on the signal of a run that makes many", async () => {
    replies(200, "{}");
    const stop = new AbortController();
    let listeners = 0;
    const { signal } = stop;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (
      listeners--,
      remove(...args)
    );
    for (let count = 0; count < 20; count += 1) await get({ signal });
    expect(listeners).toBeLessThanOrEqual(0);
  });
});

describe("a large body", () => {
  test("may take longer than the deadline as long as it is not silent", async () => {
    handle = (_request, response) => {
      let left = 6;
      const tick = setInterval(() => {
        response.write("1");
        if (--left === 0) response.end(() => clearInterval(tick));
      }, 80);
      response.flushHeaders();
    };
    const answer = await get({ deadlineMs: 300, gapMs: 300 });
    expect(readJson(answered(answer))).toEqual({ isReadable: true, value: 111_111 });
  });

  test("is given up when it falls silent", async () => {
    handle = (_request, response) => void response.write("1");
    const answer = await get({ gapMs: 50 });
    expect(answer).toMatchObject({ body: { isWhole: false, because: "deadline" } });
  });

  test("is handed on as it comes", async () => {
    replies(200, Buffer.alloc(3_000_000, 7));
    const answer = await http.open({ method: "GET", url: base });
    if (answer.outcome !== "streaming") throw new Error(answer.outcome);
    let sizeBytes = 0;
    for await (const chunk of answer.bytes) sizeBytes += chunk.byteLength;
    expect(sizeBytes).toBe(3_000_000);
  });

  test("waits for a slow reader without a deadline", async () => {
    replies(200, Buffer.alloc(400_000));
    const answer = await http.open({ method: "GET", url: base, gapMs: 200 });
    if (answer.outcome !== "streaming") throw new Error(answer.outcome);
    let sizeBytes = 0;
    for await (const chunk of answer.bytes) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes === chunk.byteLength) await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(sizeBytes).toBe(400_000);
  });

  test.each([
    ["is cut", "broken", (response: ServerResponse) => response.destroy()],
    ["falls silent", "deadline", () => undefined],
  ])("throws while it is read when it %s", async (_name, because, then) => {
    handle = (_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("1");
      setTimeout(() => then(response), 20);
    };
    const answer = await http.open({ method: "GET", url: base, gapMs: 300 });
    if (answer.outcome !== "streaming") throw new Error(answer.outcome);
    const { bytes } = answer;
    const reading = Readable.from(bytes).toArray();
    await expect(reading).rejects.toEqual(new HttpBroken(because as "broken"));
  });

  test.each([
    ["closes the connection", (response: ServerResponse) => void response.end()],
    [
      "resets the connection",
      (response: ServerResponse) => void response.socket?.resetAndDestroy(),
    ],
  ])("waits for a slow reader while the server %s behind it", async (_name, then) => {
    handle = (_request, response) => {
      response.writeHead(200, { connection: "close", "content-length": "30000" });
      response.write(Buffer.alloc(30_000), () => then(response));
    };
    const answer = await http.open({ method: "GET", url: base });
    if (answer.outcome !== "streaming") throw new Error(answer.outcome);
    await expect.poll(() => connections[0]?.destroyed).toBe(true);
    const read = await Readable.from(answer.bytes)
      .toArray()
      .catch((thrown: unknown) => thrown);
    // Cut, it may be whole already or not; what counts is that it ends by being told.
    expect(Array.isArray(read) || read instanceof HttpBroken).toBe(true);
  });

  test("frees its connection when the reader leaves early", async () => {
    replies(200, Buffer.alloc(5_000_000));
    const answer = await http.open({ method: "GET", url: base });
    if (answer.outcome !== "streaming") throw new Error(answer.outcome);
    for await (const chunk of answer.bytes) if (chunk.byteLength > 0) break;
    await expect.poll(() => connections[0]?.destroyed).toBe(true);
  });

  test("is read whole where the answer is a refusal", async () => {
    replies(404, '{"error":"attachment_gone"}');
    const answer = await http.open({ method: "GET", url: base });
    expect(answer).toMatchObject({ outcome: "answered", status: 404, body: { isWhole: true } });
  });
});

describe("the addresses that may be reached", () => {
  test.each(["http://example.com/", "https://127.0.0.1/", "http://localhost:1/"])(
    "do not include %s",
    async (url) => {
      await expect(http.send({ method: "GET", url })).rejects.toThrow("not an address");
    },
  );

  test.each(["http://example.com", "http://127.example.com", "ftp://127.0.0.1", "http://10.0.0.1"])(
    "cannot include %s",
    (url) => {
      expect(() => createHttp({ allow: [url] })).toThrow("neither https nor on this machine");
    },
  );
});

function answered(answer: Awaited<ReturnType<Http["send"]>>) {
  if (answer.outcome !== "answered") throw new Error(answer.outcome);
  return answer;
}

function arrival(): Promise<void> {
  return new Promise((resolve) => server.once("request", () => resolve()));
}
