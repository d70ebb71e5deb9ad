/** The promises, by the names the specification gives them. */
export type Invariant = "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8";

export type Violation = {
  readonly invariant: Invariant;
  readonly what: string;
  readonly ids: Readonly<Record<string, unknown>>;
};

export function violation(
  invariant: Invariant,
  what: string,
  ids: Readonly<Record<string, unknown>> = {},
): Violation {
  return { invariant, what, ids };
}
