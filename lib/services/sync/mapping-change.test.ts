import { expect, test } from "vitest";
import type { OpenChange } from "@/lib/ports/mapping-change-store";
import { silentLog } from "@/lib/testing/fakes";
import { workThroughChanges } from "./mapping-change";

const never = new AbortController().signal;
const rules = { mappingFileId: null, automaticMapping: true };

function changeOf(connectorId: string): OpenChange {
  const flags = { isPassed: false, isDeleted: false };
  return {
    connectorId,
    changeId: `change-${connectorId}`,
    cursor: null,
    ...flags,
    now: rules,
    before: [],
  };
}

/** Changes of these connectors, of which nothing waits; one of them fails. */
function changesOf(connectorIds: readonly string[], failing: string) {
  const open = new Set(connectorIds);
  const ledger = {
    asked: [] as string[],
    isAway: false,
    takesAllAway: false,
    async openChanges() {
      if (ledger.isAway) throw new Error("The database is away");
      return [...open].map(changeOf);
    },
    async beginPassage(_tenantId: string, { connectorId }: OpenChange) {
      ledger.asked.push(connectorId);
      if (connectorId !== failing) return;
      ledger.isAway = ledger.takesAllAway;
      throw new TypeError("A fault of our own");
    },
    waitingItems: async () => null,
    endPassage: async () => true,
    lanesOfConnector: async () => [],
    endedUnwanted: async () => [],
    async endChange(_tenantId: string, { connectorId }: OpenChange) {
      open.delete(connectorId);
      return true;
    },
  };
  return ledger;
}

function work(ledger: ReturnType<typeof changesOf>): Promise<void> {
  const parts = { tenantId: "t", store: ledger, log: silentLog, passes: () => undefined };
  return workThroughChanges(parts as unknown as Parameters<typeof workThroughChanges>[0], never);
}

test("a connector whose change fails keeps no other's back, and is told at the end", async () => {
  const ledger = changesOf(["a", "b", "c"], "b");
  await expect(work(ledger)).rejects.toThrow("A fault of our own");
  expect(ledger.asked).toEqual(["a", "b", "c"]);
});

test("what the connectors share ends the round", async () => {
  const ledger = changesOf(["a", "b", "c"], "b");
  ledger.takesAllAway = true;
  await expect(work(ledger)).rejects.toThrow("The database is away");
  expect(ledger.asked).toEqual(["a", "b"]);
});
