import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { digest } from "./sources";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sources-"));
  mkdirSync(join(root, "app", "page"), { recursive: true });
  writeFileSync(join(root, "app", "page", "page.tsx"), "one");
  writeFileSync(join(root, "tsconfig.json"), "{}");
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const sources = ["app", "tsconfig.json", "absent.ts"];

test.each([
  ["content of a file changes", "app/page/page.tsx", "two"],
  ["file is added", "app/page/layout.tsx", ""],
  ["configuration changes", "tsconfig.json", "{ }"],
])("when the %s, the build is another", (_name, path, content) => {
  const before = digest(root, sources);
  writeFileSync(join(root, path), content);
  expect(digest(root, sources)).not.toBe(before);
});

test.each([
  ["a test", "app/page/page.test.tsx"],
  ["something that is no source", "README.md"],
])("%s does not change the build", (_name, path) => {
  const before = digest(root, sources);
  writeFileSync(join(root, path), "new");
  expect(digest(root, sources)).toBe(before);
});
