/** Of anything that is JSON, a property of its own; a list has none. */
export function property(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** A text that says something, or nothing. */
export function wordsIn(value: unknown, name: string): string {
  const found = property(value, name);
  if (typeof found === "number") return String(found);
  return typeof found === "string" ? found.trim() : "";
}

export function listIn(value: unknown, name: string): readonly unknown[] {
  const found = property(value, name);
  return Array.isArray(found) ? (found as unknown[]) : [];
}
