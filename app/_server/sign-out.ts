"use server";

import { redirect } from "next/navigation";
import { logger } from "@/lib/logger";
import { portal } from "@/lib/wiring";
import { endSession } from "./session";

/**
 * Not behind the action wrapper: whoever has no role or whose session is over must get out as well.
 * Next itself refuses actions of another origin.
 */
export async function signOut(): Promise<void> {
  const ended = await endSession();
  // The way out is never barred, not even by a database that is away.
  if (ended) {
    await portal()
      .session.signedOut(ended.actor, ended.session)
      .catch((error: unknown) => logger("portal-auth").error("sign-out.unrecorded", {}, error));
  }
  redirect("/sign-in?signedOut=1");
}
