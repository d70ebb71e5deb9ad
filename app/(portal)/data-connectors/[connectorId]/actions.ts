"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { action } from "@/app/_server/action";
import { leaveFlash } from "@/app/_server/flash";
import { confirmedHostKey, secretInputs } from "@/app/_server/host-key";
import { absentId, checkbox, idList, typed, version } from "@/app/_server/inputs";

const connectorId = z.uuid();

export const runCommand = action(
  {
    may: "manageConnectors",
    input: z.strictObject({ connectorId, command: z.enum(["syncNow", "pause", "resume"]) }),
  },
  async ({ connectorId: id, command }, { actor, services }) =>
    services.connectors[command](actor, id),
);

export const retryItems = action(
  {
    may: "manageConnectors",
    input: z.strictObject({
      connectorId,
      runId: absentId,
      /** All of one reason, or of one reason in one mailbox. */
      of: z
        .string()
        .regex(/^[A-Za-z]{1,64} ([0-9a-f-]{36})?$/)
        .nullable()
        .default(null),
      /** The rows that are ticked. */
      selected: idList,
      /** The row whose own button was pressed. */
      only: absentId,
    }),
  },
  async ({ connectorId: id, runId, of, selected, only }, { actor, services }) => {
    const deliveryIds = only === null ? selected : [only];
    if (deliveryIds?.length === 0) return { ok: false, message: "Select the items to retry." };
    const [code = null, mailboxId = null] = of?.split(" ").filter((word) => word !== "") ?? [];
    return services.connectors.retry(actor, id, { runId, code, mailboxId, deliveryIds });
  },
);

export const importPastPeriod = action(
  {
    may: "manageConnectors",
    input: z.strictObject({ connectorId, from: typed(20), to: typed(20) }),
  },
  async ({ connectorId: id, ...days }, { actor, services }) => {
    const result = await services.connectors.backfill(actor, id, days);
    if (!result.ok) return result;
    const { runId, message } = result.value;
    await leaveFlash({ ok: true, message });
    return redirect(`/data-connectors/${id}?run=${runId}`);
  },
);

export const cancelRun = action(
  { may: "manageConnectors", input: z.strictObject({ connectorId, runId: z.uuid() }) },
  async ({ connectorId: id, runId }, { actor, services }) => {
    const result = await services.connectors.cancelRun(actor, id, runId);
    if (!result.ok) return result;
    await leaveFlash({ ok: true, message: result.value.message });
    return redirect(`/data-connectors/${id}?run=${runId}`);
  },
);

export const acknowledgeGap = action(
  {
    may: "manageConnectors",
    input: z.strictObject({
      connectorId,
      gapId: z.uuid(),
      reason: typed(500).trim().min(1, "Say why the gap can stay."),
    }),
  },
  async ({ connectorId: id, gapId, reason }, { actor, services }) => {
    const result = await services.connectors.acknowledgeGap(actor, id, gapId, reason);
    if (!result.ok) return result;
    // The notice goes with its form, so the next page has to say it.
    await leaveFlash({
      ok: true,
      message: "The span was acknowledged. Its run and the audit keep it.",
    });
    return redirect(`/data-connectors/${id}`);
  },
);

export const dismissItem = action(
  {
    may: "manageConnectors",
    input: z.strictObject({
      connectorId,
      deliveryId: z.uuid(),
      reason: typed(500).trim().min(1, "Say why the item need not be imported."),
    }),
  },
  ({ connectorId: id, deliveryId, reason }, { actor, services }) =>
    services.connectors.dismiss(actor, id, deliveryId, reason),
);

export const removeConnector = action(
  { may: "manageConnectors", input: z.strictObject({ connectorId, name: typed(500) }) },
  async (input, { actor, services }) => {
    const result = await services.connectors.remove(actor, input.connectorId, input.name);
    if (!result.ok) return result;
    await leaveFlash({ ok: true, message: `The connector "${input.name}" was deleted.` });
    return redirect("/data-connectors?tab=connectors");
  },
);

export const editConnector = action(
  {
    may: "manageConnectors",
    input: z.strictObject({
      connectorId,
      version,
      name: typed(500),
      timeOfDay: typed(5),
      zone: typed(64),
      username: typed(256).trim().min(1, "Enter your TeleMessage username."),
      ...secretInputs,
      privateKey: secretInputs.privateKey.default(""),
      passphrase: secretInputs.passphrase.default(""),
      movesFinishedFiles: checkbox,
      automaticMapping: checkbox,
      sizeLimit: typed(20),
      largeAttachments: checkbox,
      mappingFileId: absentId,
    }),
    secret: ["password", "privateKey", "passphrase"],
  },
  async ({ connectorId: id, version: read, ...typedIn }, context) => {
    const { actor, services, signal } = context;
    const { privateKey, passphrase, hostKey, shownHostKey, movesFinishedFiles, ...input } = typedIn;
    const detail = await services.connectors.detail(actor, id);
    const { sftp } = detail ?? { sftp: null };
    const secrets = { privateKey, passphrase, movesFinishedFiles };
    const isTried =
      [input.password, privateKey, passphrase].some((secret) => secret !== "") ||
      detail?.status.attentionCode !== null;
    let confirmed = "";
    if (sftp !== null && isTried) {
      const place = { ...sftp, port: String(sftp.port), username: input.username };
      const known = { hostKey, shownHostKey };
      const met = await confirmedHostKey(context, place, known, sftp.hostKey);
      if ("ok" in met) return met;
      ({ confirmed } = met);
    }
    // Other versions, and their bad lines, are decided about where the difference is shown.
    const edit = {
      ...input,
      leavesBadLinesOut: false,
      sftp: sftp === null ? null : { ...secrets, hostKey: confirmed },
    };
    const result = await services.connectors.edit(actor, id, read, edit, signal);
    if (!result.ok) return result;
    await leaveFlash({ ok: true, message: "The changes were saved." });
    return redirect(`/data-connectors/${id}`);
  },
);
