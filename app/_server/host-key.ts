/** Before a secret is sent to an SFTP server, somebody has confirmed the key that it shows. */
import "server-only";
import type { z } from "zod";
import { askAboutHostKey, type HostKeyAsked, type TypedPlace } from "@/lib/core/delivery";
import type { ActionResult } from "@/lib/core/view";
import type { ActionContext } from "./action";
import { typed } from "./inputs";

const fingerprint = typed(200).nullable().default(null);

/** Fields of every form that signs in by SFTP. */
export const secretInputs = {
  password: typed(1024),
  privateKey: typed(32_768),
  passphrase: typed(1024),
  hostKey: fingerprint,
  shownHostKey: fingerprint,
} as const satisfies Readonly<Record<string, z.ZodType>>;

type Known = { readonly hostKey: string | null; readonly shownHostKey: string | null };

type Confirmed = { readonly confirmed: string };

/** @returns the key to sign in with, or what the form is to say instead */
export async function confirmedHostKey(
  { actor, services, signal }: ActionContext,
  place: TypedPlace,
  { hostKey, shownHostKey }: Known,
  pinned: string | null,
): Promise<Confirmed | ActionResult<HostKeyAsked>> {
  const met = await services.connectors.hostKey(actor, place, signal);
  if (!met.ok) return met;
  const known = { pinned, shown: shownHostKey, confirmed: hostKey };
  const question = askAboutHostKey(met.value.hostKey, known);
  if (question === "ask") return met;
  if (question === null) return { confirmed: met.value.hostKey };
  const message = "Compare the fingerprint, and confirm that it is the server's.";
  return { ok: false, message, fields: { hostKey: message } };
}
