/** The folder of a mailbox: looked up by name once a run, since a remembered id alone is not trusted. */
import { messageCategory } from "@/lib/core/graph-message";
import type { LaneDelivery } from "@/lib/ports/lane-store";
import type { LaneTurn } from "./lane-turn";

const lookUps = new WeakMap<LaneTurn, Promise<string>>();

export async function folderFor(turn: LaneTurn, { runId }: LaneDelivery): Promise<string> {
  const { folder } = turn;
  // Run ids are in the order of time: what was looked up for a newer run is good for an older one.
  if (folder !== null && folder.runId >= runId) return folder.id;
  // Several deliveries of a batch ask at once; the first one looks for all of them.
  const lookUp = lookUps.get(turn) ?? lookUpFolder(turn, runId);
  lookUps.set(turn, lookUp);
  return lookUp;
}

async function lookUpFolder(turn: LaneTurn, runId: string): Promise<string> {
  const { parts, lane, pace, signal } = turn;
  const giveBack = await parts.graphSlots.take(signal);
  try {
    const note = (bytes: number) => pace.note(bytes, parts.clock.now().getTime());
    const id = await parts.destination.ensureFolder(lane.mailboxId, messageCategory, signal, note);
    turn.folder = { id, runId };
    return id;
  } finally {
    giveBack();
    lookUps.delete(turn);
  }
}
