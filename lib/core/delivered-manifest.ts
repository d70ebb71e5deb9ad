/**
 * The manifest of a delivered file (`.mf`): `Count:` and the names of its messages. The vendor shows no
 * whole example, so its lines are read tolerantly; what they count and name is held against the file strictly.
 */
import type { Refusal } from "./delivered-file";

export type DeliveredEntry = { readonly name: string; readonly sizeBytes: number };

export type DeliveredManifest = {
  /** null where no line says it, or two say otherwise */
  readonly count: number | null;
  readonly names: readonly string[];
};

export type DeliveryJudgement =
  | {
      readonly outcome: "ready";
      readonly count: number;
      /** of its messages, in the order of the file */
      readonly positions: readonly number[];
    }
  | { readonly outcome: "refused"; readonly reason: Refusal; readonly count: number | null };

export function isMessageName(name: string): boolean {
  return /\.eml$/i.test(name);
}

export function isManifestName(name: string): boolean {
  return /\.mf$/i.test(name);
}

const countLine = /^count\s*[:=]\s*(.*)$/i;
const label = /^(?:file\s*-?\s*name|file|name)\s*[:=]\s*/i;
const numbering = /^\d+[.)]\s+/;

export function readManifest(text: string): DeliveredManifest {
  const counts = new Set<number>();
  const names: string[] = [];
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n?|\n/)) {
    const count = countLine.exec(line.trim());
    if (count === null) names.push(...nameOf(line.trim()));
    else counts.add(/^\d{1,9}$/.test(count[1]?.trim() ?? "") ? Number(count[1]) : -1);
  }
  const [only = -1] = counts;
  return { count: counts.size === 1 && only >= 0 ? only : null, names };
}

/** A line that names a message, with whatever stands before the name or, after a separator, behind it. */
function nameOf(line: string): string[] {
  const bare = line.replace(label, "").replace(numbering, "");
  const whole = unquoted(bare);
  if (isMessageName(whole)) return [whole];
  const first = unquoted(bare.split(/[\t;,|]/)[0]?.trim() ?? "");
  return isMessageName(first) ? [first] : [];
}

function unquoted(text: string): string {
  return /^"[^"]*"$/.test(text) ? text.slice(1, -1) : text;
}

/** @param manifest text of the `.mf`; null where there is none */
export function judgeDelivery(
  entries: readonly DeliveredEntry[],
  manifest: string | null,
): DeliveryJudgement {
  if (manifest === null) return { outcome: "refused", reason: "noManifest", count: null };
  const { count, names } = readManifest(manifest);
  const refused = (reason: Refusal) => ({ outcome: "refused", reason, count }) as const;
  if (count === null) return refused("noCount");
  const positions = entries.flatMap(({ name }, index) => (isMessageName(name) ? [index] : []));
  const named = new Set(names.map(baseName));
  const held = new Set(positions.map((index) => baseName(entries[index]?.name ?? "")));
  if (names.some((name) => !held.has(baseName(name)))) return refused("missingName");
  if (positions.length !== count || named.size !== count || names.length !== count) {
    return refused(positions.length === count ? "unnamed" : "wrongCount");
  }
  if (held.size !== count) return refused("sameName");
  if (positions.some((index) => entries[index]?.sizeBytes === 0)) return refused("emptyMessage");
  return { outcome: "ready", count, positions };
}

/** Whether a manifest names a message with its folder is not documented, and no two may have one name. */
function baseName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
}
