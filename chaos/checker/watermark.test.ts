import { expect, test } from "vitest";
import type { Rows } from "../sql";
import type { RecordTruth } from "../truth";
import { watchWatermark } from "./watermark";

const record = {
  ...{ record: {}, sha256: "a", label: "chat 1", isLate: false, item: { outcome: "unreadable" } },
  receivedAt: new Date("2026-11-21T10:00:00Z"),
} satisfies RecordTruth;

type Look = { readonly watermark: string | null; readonly recorded: string[] };

/** Looks until the ledger has nothing more to show. */
async function watched(looks: readonly Look[]): Promise<string[]> {
  const left = [...looks];
  let onLast: () => void = () => undefined;
  const last = new Promise<void>((resolve) => (onLast = resolve));
  const rows: Rows = async <T>() => {
    const { watermark, recorded } = left.shift() ?? looks[looks.length - 1] ?? { recorded: [] };
    if (left.length === 0) onLast();
    const at = watermark ?? null;
    return [{ watermark: at === null ? null : new Date(at), recorded }] as T[];
  };
  const watch = watchWatermark(rows, "connector", () => [record]);
  await last;
  return (await watch.stop()).map(({ what }) => what);
}

const before = "2026-11-21T10:00:00.000Z";
const after = "2026-11-21T10:00:00.001Z";

test("a watermark behind what is recorded is as it should be", async () => {
  const looks = [
    { watermark: null, recorded: [] },
    { watermark: before, recorded: [] },
    { watermark: after, recorded: ["a"] },
  ];
  expect(await watched(looks)).toEqual([]);
});

test("a watermark that passes a record which is not recorded is found", async () => {
  expect(await watched([{ watermark: after, recorded: [] }])).toEqual([
    "the watermark passed a record that is not recorded",
  ]);
});

test("a watermark that goes back is found", async () => {
  const looks = [
    { watermark: after, recorded: ["a"] },
    { watermark: before, recorded: ["a"] },
  ];
  expect(await watched(looks)).toContain("the watermark went back");
});
