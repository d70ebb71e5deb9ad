import { expect, test } from "vitest";
import { logger } from "@/lib/logger";
import { takeConsole } from "./console";

function written(...words: unknown[]): string {
  const lines: string[] = [];
  const speaker = { error: (..._words: unknown[]): void => undefined };
  takeConsole(logger("portal", { write: (line) => void lines.push(line) }), speaker);
  speaker.error(...words);
  return lines.join("");
}

test("an error that Next prints is a log line with its name and place, without what it quotes", () => {
  const error = new TypeError(`Cannot read "Dear Ada, the offer is 4 million" of undefined`);
  const line = written("⨯", Object.assign(error, { record: { text: "Dear Ada" } }));
  expect(JSON.parse(line)).toMatchObject({
    ...{ level: "error", event: "portal.console" },
    error: { name: "TypeError", message: "Cannot read “…” of undefined" },
  });
  expect(line).toContain("console.test.ts");
  expect(line).not.toContain("Dear Ada");
});

test("words without an error are cut to their first line, without secrets", () => {
  const line = written("Failed to reach https://portal.test/x?token=abc\nDear Ada", {
    text: "Ada",
  });
  expect(JSON.parse(line)).toMatchObject({
    error: { name: "Said", message: "Failed to reach https://portal.test/x?[redacted]" },
  });
  expect(line).not.toContain("Ada");
});
