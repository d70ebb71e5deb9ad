/** Every reader reads in a message what it was composed of, and nobody anything else. */
import { expect } from "vitest";
import { findPython } from "@/scripts/checks/programs";
import { composed, expectedMail } from "./composed";
import type { Sample } from "./kinds";
import { startPython } from "./python";
import { mailparser, postalMime } from "./readers";

/** What the composer itself writes; nothing else may be there, least of all what a record says. */
const ownHeaders = new Set([
  ...["Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Thread-Topic"],
  ...["MIME-Version", "Content-Type", "X-WhatsApp-Item-Id", "X-WhatsApp-Conversation"],
  ...["X-Archive-Connector", "X-Archive-Source", "X-Archive-SHA256"],
]);

export type Readers = {
  expectAgreement(sample: Sample): Promise<void>;
  close(): Promise<void>;
};

/** Python too, where it is installed; the checks say so where it is not. */
export function startReaders(): Readers {
  const python = findPython() === null ? null : startPython();
  return {
    async expectAgreement(sample) {
      const { message, mime } = await composed(sample);
      const expected = expectedMail(message);
      for (const reader of [postalMime, mailparser]) {
        const { name } = reader;
        expect({ name, ...(await reader.read(mime)) }).toEqual({ name, ...expected });
      }
      if (python === null) return;
      const { parameters, names, defects, ...mail } = await python.read(mime);
      expect(mail).toEqual(expected);
      expect(defects).toEqual([]);
      expect(names.filter((name) => !ownHeaders.has(name))).toEqual([]);
      expect(parameters.length).toBe(message.attachments.length);
    },
    close: async () => python?.close(),
  };
}
