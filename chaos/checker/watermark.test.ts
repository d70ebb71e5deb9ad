import { expect, test } from "vitest";
import type { Rows } from "../sql";
import type { RecordTruth } from "../truth";
import { watchWatermark } from "./watermark";

const record = {
  ...{ record: {}, sha256: "a", label: "chat 1", comes: "before", item: { outcome: "unreadable" } },
  receivedAt: new Date("2026-11-21T10:00:00Z"),
} satisfies RecordTruth;

type Look = {
  readonly watermark: string | null;
  readonly recorded: readonly string[];
  readonly connector?: string;
  readonly from?: string;
  readonly gaps?: readonly { readonly start: string; readonly end: string }[];
};

const long = "2026-11-01T00:00:00.000Z";

/** Looks until the ledger has nothing more to show. */
async function watched(looks: readonly Look[]): Promise<string[]> {
  const left = [...looks];
  let look: Look = { watermark: null, recorded: [] };
  let onLast: () => void = () => undefined;
  const last = new Promise<void>((resolve) => (onLast = resolve));
  const rows: Rows = async <T>(text: string) => {
    if (!text.includes("recorded")) look = left.shift() ?? look;
    if (left.length === 0) onLast();
    const { connector = "one", from = long, watermark, recorded, gaps = [] } = look;
    const at = watermark === null ? null : new Date(watermark);
    return [{ id: connector, from: new Date(from), watermark: at, recorded, gaps }] as T[];
  };
  const watch = watchWatermark(rows, () => [record]);
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

test("a watermark may pass what the books name as a gap, and nothing beside it", async () => {
  const until = (end: string) => [{ start: long, end }];
  expect(await watched([{ watermark: after, recorded: [], gaps: until(after) }])).toEqual([]);
  expect(await watched([{ watermark: after, recorded: [], gaps: until(before) }])).toEqual([
    "the watermark passed a record that is not recorded",
  ]);
});

test("a connector made later answers for what came after its first window began", async () => {
  const first = { watermark: after, recorded: ["a"] };
  const successor = { watermark: after, recorded: [], connector: "two" };
  expect(await watched([first, { ...successor, from: after }])).toEqual([]);
  expect(await watched([first, successor])).toEqual([
    "the watermark passed a record that is not recorded",
  ]);
});
