/** Which mapping an edit puts in force, and whether it may. */
import type { Actor } from "@/lib/core/access";
import type { ConnectorRecord } from "@/lib/ports/portal-records";
import type { PortalServices } from "./portal";
import type { PortalDeps } from "./portal-deps";
import { isId, type Refusal, refused } from "./refusals";

export type MappingChoice = {
  readonly automaticMapping: boolean;
  readonly mappingFileId: string | null;
  /** null without a file. */
  readonly leavesBadLinesOut: boolean | null;
  /** What was resolved before may now be resolved otherwise. */
  readonly isChanged: boolean;
};

export async function mappingInForce(
  { store }: PortalDeps,
  mappings: PortalServices["mappings"],
  actor: Actor,
  connector: ConnectorRecord,
  input: {
    readonly automaticMapping: boolean;
    readonly mappingFileId: string | null;
    readonly leavesBadLinesOut: boolean;
  },
  signal: AbortSignal,
): Promise<MappingChoice | Refusal> {
  const { automaticMapping, mappingFileId, leavesBadLinesOut } = input;
  const isChanged =
    automaticMapping !== connector.automaticMapping || mappingFileId !== connector.mappingFileId;
  if (mappingFileId === null) {
    return automaticMapping
      ? { automaticMapping, mappingFileId, leavesBadLinesOut: null, isChanged }
      : refused("Enable automatic user mapping or upload a mapping file.");
  }
  const { tenantId } = actor;
  const file = isId(mappingFileId) ? await store.mappings.find(tenantId, mappingFileId) : null;
  if (file?.connectorId !== connector.id || file.state !== "checked") {
    return refused("This mapping file cannot be used. Upload another one.");
  }
  const choice = { automaticMapping, mappingFileId, leavesBadLinesOut, isChanged };
  if (leavesBadLinesOut || mappingFileId === connector.mappingFileId) {
    // What is in force stays in force; leaving lines out once is not taken back by a later edit.
    return { ...choice, leavesBadLinesOut: leavesBadLinesOut || file.leavesBadLinesOut };
  }
  if (file.errors > 0) return refused(badLines);
  if (file.checkedAt !== null) return (file.unknownMailboxes ?? 0) > 0 ? refused(unknown) : choice;
  const checked = await mappings.checkAgainstDirectory(actor, mappingFileId, signal);
  if (!checked.ok) return checked;
  return (checked.value.directory?.unknown ?? 0) > 0 ? refused(unknown) : choice;
}

const badLines =
  "The mapping file has lines with errors. Mend them and upload the file again, or choose to leave the bad lines out.";
const unknown =
  "The mapping file names mailboxes that the directory does not know. Mend them and upload the file again, or choose to leave the bad lines out.";
