import type { ActionResult } from "@/lib/core/view";

/** What a form knows after it was sent: the answer, and what was typed, so that a refusal loses nothing. */
export type FormState = {
  readonly result: ActionResult<unknown> | null;
  readonly typed: Readonly<Record<string, string>>;
};

export type FormAction = (previous: FormState, form: FormData) => Promise<FormState>;

/** What an answer says in words, beside what the page shows anyway. */
export function messageOf({ result }: FormState): string | null {
  if (result?.ok !== true) return null;
  const { value } = result;
  const hasMessage = typeof value === "object" && value !== null && "message" in value;
  return hasMessage && typeof value.message === "string" ? value.message : null;
}

export const unsent: FormState = { result: null, typed: {} };
