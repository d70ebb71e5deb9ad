/** The one wrapper round every server action: session, permission, origin, input, and what may go wrong. */
import "server-only";
import { randomBytes } from "node:crypto";
import { refresh } from "next/cache";
import { headers } from "next/headers";
import { unstable_rethrow } from "next/navigation";
import type { z } from "zod";
import type { FormState } from "@/components/shell/form-state";
import { type Actor, type Permission, mayDo } from "@/lib/core/access";
import type { ActionResult } from "@/lib/core/view";
import { logger } from "@/lib/logger";
import type { PortalServices } from "@/lib/services/portal";
import { portal } from "@/lib/wiring";
import { denied } from "./denied";
import { isSameOrigin } from "./headers";
import { currentActor } from "./session";

const log = logger("portal");

/** Longer than any service waits for a source, shorter than a browser's patience. */
const deadlineMs = 60_000;

export type ActionContext = {
  readonly actor: Actor;
  readonly services: PortalServices;
  readonly signal: AbortSignal;
};

type Rule<Input> = {
  readonly may: Permission;
  readonly input: z.ZodType<Input>;
  /** Fields that are never sent back to the page. */
  readonly secret?: readonly string[];
};

export function action<Input, Value>(
  rule: Rule<Input>,
  run: (input: Input, context: ActionContext) => Promise<ActionResult<Value>>,
): (previous: FormState, form: FormData) => Promise<FormState> {
  return async (_previous, form) => {
    const fields = fieldsOf(form);
    const typed = without(fields, rule.secret ?? []);
    const result = await attempt(rule, fields, run);
    // After a refusal the page stays as it was read: one that is too old must not become current unseen.
    if (result.ok) refresh();
    return { result, typed };
  };
}

async function attempt<Input, Value>(
  rule: Rule<Input>,
  fields: Readonly<Record<string, string>>,
  run: (input: Input, context: ActionContext) => Promise<ActionResult<Value>>,
): Promise<ActionResult<Value>> {
  try {
    const actor = await currentActor();
    if (!actor) return { ok: false, message: sessionEnded };
    if (!isSameOrigin(await headers())) return refuseOrigin(actor);
    if (!mayDo(actor, rule.may)) return { ok: false, message: await denied(actor, rule.may) };
    const input = rule.input.safeParse(fields);
    if (!input.success) return unreadable(input.error);
    const signal = AbortSignal.timeout(deadlineMs);
    return await run(input.data, { actor, services: portal(), signal });
  } catch (error) {
    unstable_rethrow(error);
    return { ok: false, message: somethingWentWrong(error, "action.failed") };
  }
}

export const sessionEnded =
  "Your session has ended. Sign in again in another tab, then repeat this. What you typed stays here.";

const foreignPage = "This request did not come from a page of this portal. Reload the page.";

/** Writes the error to the log and gives the sentence that leads to it. */
export function somethingWentWrong(error: unknown, event: string): string {
  const reference = randomBytes(4).toString("hex").toUpperCase();
  log.error(event, { reference }, error);
  return `Something went wrong (reference ${reference}). Try again; if it stays, give the reference to whoever runs this portal.`;
}

function refuseOrigin(actor: Actor): ActionResult<never> {
  log.warn("action.refused", { reason: "origin", userId: actor.id });
  return { ok: false, message: foreignPage };
}

function unreadable(error: z.ZodError): ActionResult<never> {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) {
    const field = issue.path[0];
    if (typeof field === "string") fields[field] ??= issue.message;
  }
  return { ok: false, message: "Check the fields that are marked.", fields };
}

/**
 * Next's own fields begin with $; files go to the upload route and never come here. U+0000 is in
 * nothing that people type, and the database refuses it. Boxes that share a name become one list.
 */
function fieldsOf(form: FormData): Record<string, string> {
  const names = [...new Set(form.keys())].filter((name) => !name.startsWith("$"));
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = form.getAll(name).filter((value) => typeof value === "string");
      return values.length === 0 ? [] : [[name, values.join(",").replaceAll("\0", "")]];
    }),
  );
}

function without(
  fields: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}
