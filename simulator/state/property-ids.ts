const types =
  "ApplicationTime|Binary|Boolean|CLSID|Currency|Double|Error|Float|Integer|Long|Null|Object|Short|String|SystemTime";
const guid = "\\{[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\\}";

const named = new RegExp(`^(${types}) (${guid}) (Name (.+)|Id (0x[0-9a-fA-F]{1,8}))$`);
const tagged = new RegExp(`^(${types}) 0x([0-9a-fA-F]{1,4})$`);

/** Graph's grammar of extended property ids: `{Type} {guid} Name {name}`, `… Id 0x…`, `{Type} 0x{tag}`. */
export function parsePropertyId(id: string): { type: string; tag: number | undefined } | undefined {
  const own = named.exec(id);
  if (own !== null) return { type: own[1] ?? "", tag: undefined };
  const mapi = tagged.exec(id);
  if (mapi === null) return undefined;
  const tag = parseInt(mapi[2] ?? "", 16);
  // From 0x8000 on tags are handed out per mailbox: only a name can be relied upon.
  return tag >= 0x0001 && tag <= 0x7fff ? { type: mapi[1] ?? "", tag } : undefined;
}

const normalized = new Map<string, string>();

/** Ids that mean the same property in one spelling. A name's case counts, that of digits does not. */
export function normalizePropertyId(id: string): string {
  const known = normalized.get(id);
  if (known !== undefined) return known;
  const own = named.exec(id);
  const mapi = tagged.exec(id);
  let result = id;
  if (own !== null) {
    const rest = own[4] === undefined ? `Id ${(own[5] ?? "").toLowerCase()}` : `Name ${own[4]}`;
    result = `${own[1]} ${(own[2] ?? "").toLowerCase()} ${rest}`;
  } else if (mapi !== null) {
    result = `${mapi[1]} 0x${parseInt(mapi[2] ?? "", 16)
      .toString(16)
      .padStart(4, "0")}`;
  }
  // A product uses a handful of ids over and over; strangers must not fill the memory.
  if (normalized.size < 1000) normalized.set(id, result);
  return result;
}

/** The tag of `Integer 0x0E07` and its like, for properties that mean something to the mailbox. */
export const messageFlagsTag = 0x0e07;
export const deliveryTimeTag = 0x0e06;
export const submitTimeTag = 0x0039;
