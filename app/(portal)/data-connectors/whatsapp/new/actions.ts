"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { action } from "@/app/_server/action";
import { leaveFlash } from "@/app/_server/flash";
import { confirmedHostKey, secretInputs } from "@/app/_server/host-key";
import { checkbox, optionalId, typed, version } from "@/app/_server/inputs";
import { readSftpPlace, type SftpView, type TypedPlace } from "@/lib/core/delivery";
import type { WizardStep } from "@/lib/core/wizard";

function stepPath(step: WizardStep): string {
  return `/data-connectors/whatsapp/new/${step}`;
}

export const addConnector = action(
  { may: "manageConnectors", input: z.strictObject({}) },
  async (_input, { actor, services }) => {
    const draft = await services.wizard.openDraft(actor);
    redirect(stepPath(draft.firstOpenStep));
  },
);

export const acceptTerms = action(
  { may: "manageConnectors", input: z.strictObject({ version }) },
  async (input, { actor, services }) => {
    const result = await services.wizard.acceptTerms(actor, input.version);
    return result.ok ? redirect(stepPath("sign-in")) : result;
  },
);

export const signInToSource = action(
  {
    may: "manageConnectors",
    input: z.discriminatedUnion("delivery", [
      z.strictObject({
        version,
        delivery: z.literal("API"),
        username: typed(256).trim().min(1, "Enter your TeleMessage username."),
        password: typed(1024),
      }),
      z.strictObject({
        version,
        delivery: z.literal("SFTP"),
        ...{ host: typed(260), port: typed(20), folder: typed(1024), username: typed(256) },
        ...secretInputs,
        movesFinishedFiles: checkbox,
      }),
    ]),
    secret: ["password", "privateKey", "passphrase"],
  },
  async ({ version: read, ...input }, context) => {
    const { actor, services, signal } = context;
    const source = (await services.wizard.findDraft(actor))?.source ?? null;
    if (input.delivery === "SFTP") {
      const { shownHostKey: _shown, ...typedIn } = input;
      const pinned = isSameServer(source?.sftp ?? null, typedIn) ? source?.sftp?.hostKey : null;
      const met = await confirmedHostKey(context, typedIn, input, pinned ?? null);
      if ("ok" in met) return met;
      const credential = { ...typedIn, hostKey: met.confirmed };
      const result = await services.wizard.signIn(actor, read, credential, signal);
      return result.ok ? redirect(stepPath("user-mapping")) : result;
    }
    const { username, password } = input;
    const isKept = source?.sftp === null && source.username === username;
    // Blank keeps: who comes back to this step and changes nothing goes on without signing in again.
    if (password === "" && isKept) redirect(stepPath("user-mapping"));
    if (password === "") {
      const fields = { password: "Enter your TeleMessage password." };
      return { ok: false, message: "Check the fields that are marked.", fields };
    }
    const result = await services.wizard.signIn(actor, read, { username, password }, signal);
    return result.ok ? redirect(stepPath("user-mapping")) : result;
  },
);

/** A key is a server's, whatever folder of it is meant. */
function isSameServer(known: SftpView | null, typedIn: TypedPlace): boolean {
  const read = readSftpPlace(typedIn);
  if (known === null || "fields" in read) return false;
  return known.host === read.place.host && known.port === read.place.port;
}

export const saveMapping = action(
  {
    may: "manageConnectors",
    input: z.strictObject({
      version,
      automaticMapping: checkbox,
      mappingFileId: optionalId,
      leavesBadLinesOut: checkbox,
      /** From the review: the answer is changed there, and there one stays. */
      stay: checkbox,
    }),
  },
  async ({ version: read, stay, ...input }, { actor, services }) => {
    const result = await services.wizard.saveMapping(actor, read, input);
    if (!result.ok || stay) return result;
    return redirect(stepPath("admin-consent"));
  },
);

export const checkMapping = action(
  { may: "manageConnectors", input: z.strictObject({ mappingFileId: z.uuid() }) },
  ({ mappingFileId }, { actor, services, signal }) =>
    services.mappings.checkAgainstDirectory(actor, mappingFileId, signal),
);

export const confirmConsent = action(
  { may: "manageConnectors", input: z.strictObject({ version }) },
  async (input, { actor, services, signal }) => {
    const result = await services.wizard.confirmConsent(actor, input.version, signal);
    return result.ok ? redirect(stepPath("review")) : result;
  },
);

export const finish = action(
  {
    may: "manageConnectors",
    input: z.strictObject({
      version,
      name: typed(500),
      timeOfDay: typed(5),
      zone: typed(64),
    }),
  },
  async ({ version: read, ...input }, { actor, services }) => {
    const result = await services.wizard.finish(actor, read, input);
    if (!result.ok) return result;
    await leaveFlash({
      ok: true,
      message: `The connector "${input.name.trim()}" was created. Its first import has begun.`,
    });
    return redirect("/data-connectors?tab=connectors");
  },
);
