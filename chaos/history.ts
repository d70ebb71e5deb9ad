/** What happened in one seed, line by line as JSON; whoever looks into a violation begins here. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export type History = {
  readonly path: string;
  note(event: string, facts?: Readonly<Record<string, unknown>>): void;
  /** Nobody needs the history of a seed in which nothing went wrong. */
  discard(): void;
};

export function openHistory(path: string): History {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  const startedAt = performance.now();
  return {
    path,
    note(event, facts = {}) {
      const line = { ms: Math.round(performance.now() - startedAt), event, ...facts };
      appendFileSync(path, `${JSON.stringify(line)}\n`);
    },
    discard: () => rmSync(path, { force: true }),
  };
}
