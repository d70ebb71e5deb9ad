"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { action } from "@/app/_server/action";
import { leaveFlash } from "@/app/_server/flash";
import { checkbox, optionalId, typed } from "@/app/_server/inputs";

const connectorId = z.uuid();
const lineNumber = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);
const dates = { validFrom: typed(40), validTo: typed(40) };

/** Where the answer is shown: the page the dialog stood on. */
async function told(connector: string, message: string): Promise<never> {
  await leaveFlash({ ok: true, message });
  return redirect(`/data-connectors/${connector}/mapping`);
}

export const applyVersion = action(
  {
    may: "manageConnectors",
    input: z.strictObject({
      connectorId,
      fileId: z.uuid(),
      inForceId: optionalId,
      leavesBadLinesOut: checkbox,
    }),
  },
  async ({ connectorId: id, ...choice }, { actor, services, signal }) => {
    const result = await services.versions.apply(actor, id, choice, signal);
    return result.ok ? told(id, result.value.message) : result;
  },
);

/** Before it is in force, so that whoever decides sees which mailboxes nobody knows. */
export const checkVersion = action(
  { may: "manageConnectors", input: z.strictObject({ mappingFileId: z.uuid() }) },
  ({ mappingFileId }, { actor, services, signal }) =>
    services.mappings.checkAgainstDirectory(actor, mappingFileId, signal),
);

export const changeLine = action(
  {
    may: "manageConnectors",
    input: z.strictObject({
      connectorId,
      inForceId: optionalId,
      line: lineNumber.nullable().default(null),
      externalId: typed(512),
      mailbox: typed(320),
      ...dates,
    }),
  },
  async ({ connectorId: id, ...line }, { actor, services, signal }) => {
    const result = await services.versions.changeLine(
      actor,
      id,
      { ...line, country: null },
      signal,
    );
    return result.ok ? told(id, result.value.message) : result;
  },
);

export const removeLine = action(
  {
    may: "manageConnectors",
    input: z.strictObject({ connectorId, inForceId: optionalId, line: lineNumber }),
  },
  async ({ connectorId: id, ...which }, { actor, services }) => {
    const result = await services.versions.removeLine(actor, id, which);
    return result.ok ? told(id, result.value.message) : result;
  },
);

export const mapPerson = action(
  {
    may: "manageConnectors",
    input: z.strictObject({ connectorId, deliveryId: z.uuid(), mailbox: typed(320), ...dates }),
  },
  async ({ connectorId: id, ...choice }, { actor, services, signal }) => {
    const result = await services.versions.mapPerson(actor, id, choice, signal);
    if (!result.ok) return result;
    await leaveFlash({ ok: true, message: result.value.message });
    return redirect(`/data-connectors/${id}/not-imported`);
  },
);
