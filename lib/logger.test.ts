import { expect, test } from "vitest";
import { logger, redact } from "./logger";

function lineOf(write: (log: ReturnType<typeof logger>) => void) {
  const lines: string[] = [];
  write(logger("test", { write: (line) => void lines.push(line) }));
  return JSON.parse(lines[0] ?? "{}") as Record<string, unknown>;
}

test("a line has its level, its logger's name, its event and its fields", () => {
  const line = lineOf((log) => {
    log.info("run.finished", { runId: "018f", imported: 3 });
  });
  expect(line).toMatchObject({
    level: "info",
    name: "test",
    event: "run.finished",
    runId: "018f",
    imported: 3,
  });
});

test.each([
  ["a bearer token", "Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"],
  ["a JSON web token", "got eyJhbGciOi.eyJzdWIi.c2ln here", "got [token] here"],
  [
    "a URL's query",
    "GET https://x.example/blob?sig=abc&se=1",
    "GET https://x.example/blob?[redacted]",
  ],
  ["a password in a URL", "postgresql://me:pw@host/db", "postgresql://[redacted]@host/db"],
  ["a storage key", "AccountName=a;AccountKey=Zm9v;X=1", "AccountName=a;AccountKey=[redacted];X=1"],
  ["a long random key", `key ${"aB3+".repeat(11)}`, "key [redacted]"],
])("%s does not reach the log", (_name, text, expected) => {
  expect(redact(text)).toBe(expected);
});

test.each([
  ["an id", "3f2c0d6e-0000-4000-8000-000000000001"],
  ["a hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
  ["a path", "transferring of run 018f4c5e is over"],
])("%s stays readable", (_name, text) => {
  expect(redact(text)).toBe(text);
});

test("a field named like a secret is never written", () => {
  const line = lineOf((log) => {
    log.warn("odd", { accessToken: "x", attempts: 2 });
  });
  expect(line).toMatchObject({ accessToken: "[redacted]", attempts: 2 });
});

test("of an error only name, code, message and stack are written", () => {
  const error = Object.assign(new TypeError("broke"), {
    code: "EBROKE",
    record: { text: "hello" },
  });
  const line = lineOf((log) => {
    log.error("odd", { runId: "1" }, new Error("outer", { cause: error }));
  });
  expect(line["error"]).toMatchObject({
    name: "Error",
    message: "outer",
    cause: { name: "TypeError", code: "EBROKE", message: "broke" },
  });
  expect(JSON.stringify(line)).not.toContain("hello");
});

test("what a parser quotes in its complaint is somebody's message and stays out", () => {
  const thrown = [
    () => void JSON.parse("hello dear"),
    () => {
      throw new Error('invalid input syntax for type uuid: "hello dear"');
    },
  ].map((act) => {
    try {
      act();
      return null;
    } catch (error) {
      return lineOf((log) => {
        log.error("odd", {}, error);
      });
    }
  });
  expect(JSON.stringify(thrown)).not.toContain("hello");
});

test("a constraint's name stays, it tells what was violated", () => {
  const line = lineOf((log) => {
    log.error("odd", {}, new Error('violates unique constraint "SyncItem_digest_key"'));
  });
  expect(line["error"]).toMatchObject({
    message: 'violates unique constraint "SyncItem_digest_key"',
  });
});
