/**
 * JSON with one spelling per value: keys sorted by code unit at every depth, no white space, numbers
 * as parsed by JavaScript (message format contract, "Staged record").
 */
type Frame = {
  readonly holder: Readonly<Record<string, unknown>> | readonly unknown[];
  readonly keys: readonly string[] | null;
  readonly length: number;
  next: number;
};

/** With a stack of its own: a hostile record nested a million deep must not overflow ours. */
export function canonicalJson(root: unknown): string {
  const open: Frame[] = [];
  let json = "";
  let value = root;
  for (;;) {
    if (typeof value === "object" && value !== null) {
      const frame = frameOf(value);
      json += frame.keys === null ? "[" : "{";
      open.push(frame);
    } else {
      json += scalar(value);
    }
    let frame = open.at(-1);
    while (frame !== undefined && frame.next === frame.length) {
      json += frame.keys === null ? "]" : "}";
      open.pop();
      frame = open.at(-1);
    }
    if (frame === undefined) return json;
    if (frame.next > 0) json += ",";
    const key = frame.keys?.[frame.next];
    if (key !== undefined) json += `${quoted(key)}:`;
    value = Reflect.get(frame.holder, key ?? frame.next);
    frame.next += 1;
  }
}

export function canonicalJsonBytes(value: unknown): Uint8Array {
  return Buffer.from(canonicalJson(value), "utf8");
}

function frameOf(holder: object): Frame {
  if (Array.isArray(holder)) return { holder, keys: null, length: holder.length, next: 0 };
  const values = holder as Readonly<Record<string, unknown>>;
  const keys = Object.keys(values).filter((key) => values[key] !== undefined);
  keys.sort();
  return { holder: values, keys, length: keys.length, next: 0 };
}

function scalar(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  // A number beyond all range becomes null; so does whatever no JSON parser produces.
  return typeof value === "number" || typeof value === "boolean" ? JSON.stringify(value) : "null";
}

const needsEscape = /["\\\p{Cc}\ud800-\udfff]/u;

function quoted(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`;
}
