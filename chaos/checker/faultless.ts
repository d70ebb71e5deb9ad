/** For the checker's own tests: books and mailboxes of a sync in which nothing went wrong. */
import type { Expected } from "../expectation";
import type { Delivery, Message, Observation, Run } from "../observation";

/** What a faultless sync of the world would leave behind. */
export function faultless(all: readonly Expected[], now: Date): Observation {
  const from = new Date(now.getTime() - 36 * 60 * 60_000);
  const finishedAt = new Date(from.getTime() + 24 * 60 * 60_000 + 5 * 60_000);
  const items: Observation["items"][number][] = [];
  const deliveries: Delivery[] = [];
  const messages: Message[] = [];
  const firstCopies = new Map<string, string>();
  for (const [index, { truth, deliveries: ends }] of all.entries()) {
    const item = { id: `item-${index}`, runId: "run", recordSha256: truth.sha256 };
    items.push({ ...item, sourceItemId: truth.label, attachmentsOpen: 0 });
    for (const { mailbox, end } of ends) {
      const id = `${item.id} to ${mailbox?.upn ?? "nobody"}`;
      const place = end.state === "COPY" ? `${mailbox?.upn ?? ""} ${end.group}` : id;
      const first = firstCopies.get(place) ?? id;
      firstCopies.set(place, first);
      const copied = first === id ? "IMPORTED" : "SKIPPED";
      const state = end.state === "COPY" ? copied : end.state;
      deliveries.push({
        ...{ id, itemId: item.id, runId: "run", mailboxId: mailbox?.id ?? null, state },
        failureCode: end.state === "FAILED" ? (end.codes[0] ?? null) : null,
        idempotencyKey: id,
        duplicateOfId: state === "SKIPPED" ? first : null,
      });
      if (mailbox === null || !state.includes("IMPORTED") || truth.item.outcome !== "item")
        continue;
      const { text, files, extras } = truth.item;
      const shown = files.filter(({ fate }) => fate === "whole").map(({ sha256 }) => sha256);
      const more = extras.map((extra) => (extra === "record" ? truth.sha256 : extra));
      messages.push({
        ...{ id: `message ${id}`, mailboxId: mailbox.id, folder: "WhatsApp Archiver" },
        ...{ internetMessageId: place, idempotencyKey: id, recordSha256: truth.sha256 },
        ...{ isDraft: false, body: `<p>${text ?? ""}</p>` },
        attachments: [...shown, ...more].map((sha256) => ({ name: "file", sha256 })),
      });
    }
  }
  const count = (state: string) => deliveries.filter((delivery) => delivery.state === state).length;
  const run: Run = {
    ...{ id: "run", connectorId: "one", isTransferCancelled: false, failureCode: null },
    ...{ kind: "SCHEDULED", state: "PARTIAL", windowStart: from, windowEnd: now },
    ...{ isManifestEqual: true, open: 0, availableFromSource: items.length },
    ...{ availableForImport: deliveries.length, imported: count("IMPORTED") },
    ...{ partiallyImported: count("PARTIALLY_IMPORTED"), skipped: count("SKIPPED") },
    failed: count("FAILED"),
  };
  const connectors = [{ id: "one", state: "ACTIVE", finishedAt, watermark: now }];
  const books = { items, deliveries, runs: [run], connectors, gaps: [], files: [] };
  return { ...books, messages, duplicates: { byKey: 0 } };
}
