import { refuse } from "./errors";

// Only these escapes can bring a character that no message may hold; nearly every body has none.
const suspicious = /\\(?:u00(?:0[0-8bcefBCEF]|1[0-9a-fA-F])|u[dD][89a-fA-F]|[bf])/;
const control = new RegExp("[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]");
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Refuses control characters and halves of characters, wherever in the body they stand. */
export function checkTexts(raw: string, value: unknown): void {
  if (suspicious.test(raw)) walk(value);
}

function walk(value: unknown): void {
  if (typeof value === "string") {
    if (control.test(value) || loneSurrogate.test(value)) throw refuse.undeserializable();
  } else if (Array.isArray(value)) {
    value.forEach(walk);
  } else if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(walk);
  }
}
