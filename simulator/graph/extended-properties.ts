import { parsePropertyId } from "../state/property-ids";
import type { ExtendedProperty } from "../state/stored-message";
import { GraphError } from "./errors";
import { isDateTime } from "./schema";

/** Checks ids against Graph's grammar, and values against the type that the id names. */
export function readExtendedProperties(value: unknown): ExtendedProperty[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry) => {
    const { id, value: text } = (entry ?? {}) as { id?: unknown; value?: unknown };
    const parsed = typeof id === "string" ? parsePropertyId(id) : undefined;
    if (typeof id !== "string" || parsed === undefined) {
      throw new GraphError(
        400,
        "ErrorInvalidExtendedProperty",
        `The extended property id '${String(id)}' is not valid.`,
      );
    }
    if (typeof text !== "string" || !fits(parsed.type, text)) {
      throw new GraphError(
        400,
        "ErrorInvalidExtendedPropertyValue",
        `The value of the extended property '${id}' does not fit its type.`,
      );
    }
    return { id, value: text };
  });
}

const whole = /^-?\d{1,19}$/;
const decimal = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const grammar: Readonly<Record<string, (text: string) => boolean>> = {
  Binary: (text) => base64.test(text),
  Boolean: (text) => /^(true|false)$/i.test(text),
  Short: (text) => whole.test(text) && Math.abs(Number(text)) <= 0x8000,
  Integer: (text) => whole.test(text) && Math.abs(Number(text)) <= 0x80000000,
  Long: (text) => whole.test(text),
  Currency: (text) => decimal.test(text),
  Double: (text) => decimal.test(text),
  Float: (text) => decimal.test(text),
  SystemTime: isDateTime,
  CLSID: (text) => /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i.test(text),
};

function fits(type: string, text: string): boolean {
  return grammar[type]?.(text) ?? true;
}
