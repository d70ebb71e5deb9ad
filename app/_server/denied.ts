import "server-only";
import { type Actor, type Permission, missingRole } from "@/lib/core/access";
import { logger } from "@/lib/logger";
import { portal } from "@/lib/wiring";

const log = logger("portal");

/** The refusal stands whether or not it can be written down; gives the sentence for the person. */
export async function denied(actor: Actor, permission: Permission): Promise<string> {
  log.warn("access.denied", { permission, userId: actor.id });
  try {
    await portal().session.denied(actor, permission);
  } catch (error) {
    log.error("access.denied-unaudited", { permission, userId: actor.id }, error);
  }
  return missingRole(permission);
}
