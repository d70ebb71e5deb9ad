/** The parameters by name, or nothing if one is unknown or comes twice. */
export function readPlainQuery(
  query: URLSearchParams,
  known: readonly string[],
): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  for (const [name, value] of query) {
    if (!known.includes(name) || Object.hasOwn(values, name)) return undefined;
    values[name] = value;
  }
  return values;
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** An instant must say its zone; a bare local time would mean another window on every machine. */
export function readInstant(text: string | undefined): number | undefined {
  if (text === undefined || !instant.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

export function readLimit(text: string | undefined): number | undefined {
  if (text === undefined) return 200;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= 1000 ? limit : undefined;
}
