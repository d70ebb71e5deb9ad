/** `{prefix}WhatsApp {kind} From {sender} to {target}{suffix}` (message-format, "Subject"). */
import type { SourceItem } from "./item";
import type { Call } from "./item-details";
import { type ItemPeople, isSame, shortLabel } from "./message-people";
import { firstUnits, oneLine, shortened } from "./text";

/** Exchange keeps 255 UTF-16 units of a subject. */
const longestSubject = 250;

export function subjectOf(item: SourceItem, people: ItemPeople): string {
  const sender = people.author === null ? "unknown" : shortLabel(people.author);
  const line = `${prefixOf(item)}WhatsApp ${kindOf(item)} From ${sender} to ${targetOf(item, people)}`;
  return shortened(line + suffixOf(item), longestSubject);
}

function prefixOf({ kind, deleted, edited }: SourceItem): string {
  const deletion =
    deleted !== null || kind === "DELETED" ? `DELETED – ${deleted?.readState ?? "UNKNOWN"} – ` : "";
  return edited !== null || kind === "EDITED" ? `${deletion}EDITED – ` : deletion;
}

const callStatus: Readonly<Record<string, string>> = {
  MISSED: "Missed ",
  REJECTED: "Rejected ",
  BUSY: "Busy ",
};

/** `Message`, or what call it was. */
export function kindOf({ kind, call }: SourceItem): string {
  if (kind !== "CALL" || call === null) return "Message";
  const status = call.status ?? "";
  const before = Object.hasOwn(callStatus, status) ? (callStatus[status] ?? "") : "";
  return `${before}${callName(call)}`;
}

export function callName({ kind }: Call): string {
  return kind === "VIDEO" ? "Video Call" : "Voice Call";
}

function targetOf({ conversation }: SourceItem, people: ItemPeople): string {
  const name = oneLine(firstUnits(conversation?.name ?? "", 1000));
  if (conversation?.type === "GROUP") return name || "group";
  if (conversation?.type === "BROADCAST") return name || "broadcast group";
  const { author, owner, addressees } = people;
  const other = addressees.find((person) => !isSame(person, author));
  const target = other ?? addressees[0] ?? owner;
  return target === null ? name || "unknown" : shortLabel(target);
}

function suffixOf({ kind, call }: SourceItem): string {
  const durationMs = kind === "CALL" ? (call?.durationMs ?? null) : null;
  return durationMs === null ? "" : ` (${duration(durationMs)})`;
}

/** `1 h 2 min 3 s`: parts that are zero are left out, `0 s` if all are. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor((seconds % 3600) / 60), "min"],
    [seconds % 60, "s"],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return told.length === 0 ? "0 s" : told.join(" ");
}
