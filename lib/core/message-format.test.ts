/**
 * Every kind of record, composed from end to end, has the digest it always had. One that changed is a
 * new form: raise `messageFormat`, then `GOLDEN=write` writes the digests anew.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { composed } from "@/lib/testing/mail/composed";
import { hostileRecord, hostileStrings } from "@/lib/testing/mail/hostile";
import { everyKind } from "@/lib/testing/mail/kinds";
import { sha256Hex } from "./keys";
import { messageFormat } from "./message-format";

const path = new URL("./golden/messages.json", import.meta.url);

test("messages are composed in the form that the ledger is told", async () => {
  const hostile = Object.entries(hostileStrings).map(([name, text]) => ({
    ...hostileRecord(text),
    name: `hostile: ${name}`,
  }));
  const digests: Record<string, string> = {};
  for (const sample of [...everyKind, ...hostile]) {
    digests[sample.name] = sha256Hex((await composed(sample)).mime);
  }
  const now = { format: messageFormat, digests };
  if (process.env["GOLDEN"] === "write") writeFileSync(path, `${JSON.stringify(now, null, 2)}\n`);

  expect(now).toEqual(JSON.parse(readFileSync(path, "utf8")));
});
