import type { ActionResult } from "@/lib/core/view";

/** What a form knows after it was sent: the answer, and what was typed, so that a refusal loses nothing. */
export type FormState = {
  readonly result: ActionResult<unknown> | null;
  readonly typed: Readonly<Record<string, string>>;
};

export type FormAction = (previous: FormState, form: FormData) => Promise<FormState>;

export const unsent: FormState = { result: null, typed: {} };
