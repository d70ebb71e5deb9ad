/** Uploads a file and puts it in force, as an administrator does. */
import type { Actor } from "@/lib/core/access";
import { sha256Hex } from "@/lib/core/keys";
import type { PortalServices } from "@/lib/services/portal";
import { chunksOf, never, valueOf } from "./portal-world";

type Services = Pick<PortalServices, "mappings" | "versions">;

/**
 * @param lines below the header of the template
 * @returns the file's id
 */
export async function putMapping(
  services: Services,
  actor: Actor,
  connectorId: string,
  lines: readonly string[],
): Promise<string> {
  const bytes = Buffer.from(["ExternalUserId,O365UserMailbox", ...lines, ""].join("\n"));
  const input = {
    ...{ connectorId, fileName: "mapping.csv", sizeBytes: bytes.length },
    ...{ sha256: sha256Hex(bytes), defaultCountry: null },
  };
  const { id } = valueOf(await services.mappings.upload(actor, input, chunksOf(bytes), never));
  await putInForce(services, actor, connectorId, id);
  return id;
}

export async function putInForce(
  { versions }: Pick<Services, "versions">,
  actor: Actor,
  connectorId: string,
  fileId: string,
): Promise<void> {
  const inForceId = (await versions.overview(actor, connectorId))?.inForce?.id ?? null;
  const choice = { fileId, inForceId, leavesBadLinesOut: false };
  valueOf(await versions.apply(actor, connectorId, choice, never));
}
