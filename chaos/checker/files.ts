/** I1, of a delivery by files: each is in the ledger of the connector that is there, done, as it lies there. */
import type { Delivered } from "../drop-server";
import type { DeliveredRow, Observation } from "../observation";
import { type Violation, violation } from "./violation";

const settleMs = 5 * 60_000;
const dayMs = 24 * 60 * 60_000;

export function checkFiles(
  delivered: readonly Delivered[],
  { files, connectors }: Pick<Observation, "files" | "connectors">,
): Violation[] {
  const connector = connectors.find(({ state }) => state !== "DELETED");
  if (connector === undefined) return [violation("I1", "there is no connector")];
  const rows = files.filter(({ connectorId }) => connectorId === connector.id);
  const from = connector.finishedAt.getTime() - settleMs - dayMs;
  const known = new Map(rows.map((row) => [row.name, row]));
  const found = delivered.flatMap((file) => {
    const row = known.get(file.name);
    // What is older than a successor's first window it reads only where somebody asks for it.
    if (row === undefined && file.at.getTime() < from) return [];
    return row === undefined
      ? [fault("a file is missing in the ledger", file)]
      : compare(file, row);
  });
  const names = new Set(delivered.map(({ name }) => name));
  const strange = rows.filter(({ name }) => !names.has(name));
  return [
    ...found,
    ...strange.map((row) => fault("a file that is not there is in the ledger", row)),
  ];
}

function compare(file: Delivered, row: DeliveredRow): Violation[] {
  const { state, sha256, count, sizeBytes, deliveredAt } = row;
  if (state !== "DONE") return [fault(`a file is left ${state}`, file)];
  const isSame = sha256 === file.sha256 && count === file.count;
  const isAlike = Number(sizeBytes) === file.sizeBytes;
  return isSame && isAlike && deliveredAt.getTime() === file.at.getTime()
    ? []
    : [fault("a file is in the ledger otherwise than it lies there", file)];
}

function fault(what: string, { name }: { readonly name: string }): Violation {
  return violation("I1", what, { file: name });
}
