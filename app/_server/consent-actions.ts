"use server";

import { randomBytes } from "node:crypto";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { z } from "zod";
import { config } from "@/lib/config";
import { action } from "./action";
import { cookieNames, cookieOptions } from "./cookies";
import { optionalId } from "./inputs";

/** As long as the state that is bound to it. */
const lifetimeSeconds = 15 * 60;

/** To Entra's admin-consent page, with a state that only this browser can bring back. */
export const beginConsent = action(
  { may: "requestConsent", input: z.strictObject({ connectorId: optionalId }) },
  async ({ connectorId }, { actor, services }) => {
    const sessionSecret = randomBytes(32).toString("base64url");
    const { url } = await services.consent.begin(actor, { connectorId, sessionSecret });
    const options = { ...cookieOptions(), maxAge: lifetimeSeconds };
    (await cookies()).set(cookieNames.consent(), sessionSecret, options);
    return redirect(url);
  },
);

export const handOverConsent = action(
  { may: "requestConsent", input: z.strictObject({}) },
  async (_input, { actor, services }) => {
    const { secret, expiresAt } = await services.consent.handOver(actor, null);
    return { ok: true, value: { url: `${config().portalUrl}/consent/${secret}`, expiresAt } };
  },
);

export const revokeConsent = action(
  { may: "requestConsent", input: z.strictObject({ consentId: z.uuid() }) },
  async ({ consentId }, { actor, services }) => {
    await services.consent.revoke(actor, consentId);
    return { ok: true, value: null };
  },
);
