/** One row of the table of facts, in text and in HTML alike. */
import { oneLine } from "./text";

export type Fact = {
  readonly label: string;
  readonly lines: readonly string[];
  /** shown below the lines, as its own address */
  readonly link?: string;
  /** "own": what somebody wrote, in the direction of its script; what we put together goes from left to right */
  readonly words?: "own";
  /** "large": what the message is about, where it has no text */
  readonly size?: "large";
};

/** @returns a row without lines where nothing is known: such a row is not shown */
export function fact(label: string, lines: readonly (string | null)[]): Fact {
  const told = lines.map((line) => oneLine(line ?? "")).filter((line) => line !== "");
  return { label, lines: told };
}

/** A row of what somebody wrote. */
export function ownWords(label: string, lines: readonly (string | null)[]): Fact {
  return { ...fact(label, lines), words: "own" };
}

/** `2026-03-01 10:11:12 UTC` */
export function instant(at: Date): string {
  return `${at
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "")} UTC`;
}
