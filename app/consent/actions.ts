"use server";

import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { isSameOrigin } from "@/app/_server/headers";
import { portal } from "@/lib/wiring";

/** The one action without a session: the secret in the link is the right, and it leads to Entra only. */
export async function followConsent(secret: string): Promise<void> {
  if (!isSameOrigin(await headers())) redirect("/");
  const next = await portal().consent.followHandedOver(secret);
  // The page itself says that the link is no longer good.
  redirect(next?.url ?? `/consent/${encodeURIComponent(secret)}`);
}
