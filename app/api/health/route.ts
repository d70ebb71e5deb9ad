import { logger } from "@/lib/logger";
import { portal } from "@/lib/wiring";

export const dynamic = "force-dynamic";

/** For whoever watches the installation. No session, so nothing about it but whether it works. */
export async function GET(): Promise<Response> {
  try {
    const health = await portal().health();
    return Response.json(health, { status: health.status === "ok" && health.database ? 200 : 503 });
  } catch (error) {
    logger("portal").error("health.failed", {}, error);
    const unknown = { status: "silent", database: false, workerSeenAt: null };
    return Response.json(unknown, { status: 503 });
  }
}
