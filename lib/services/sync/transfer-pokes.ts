/** Which lanes a transfer tells of their work, and when. */
import { pokeLanes } from "./poke";
import type { SyncParts } from "./parts";

export type LanePokes = {
  /** Once for each delivery of a page that is recorded. */
  recorded(laneIds: readonly string[]): Promise<void>;
  /** No page comes any more: whoever was not told of everything is told now. */
  end(): Promise<void>;
};

/**
 * A lane is told of its first delivery, and then whenever a batch has gathered. Told of every page, two
 * hundred lanes would make two hundred turns for two deliveries each. What is kept back for long, from
 * a slow source, the tick finds.
 */
export function createLanePokes(parts: Pick<SyncParts, "queue" | "log" | "limits">): LanePokes {
  /** Deliveries that the lane was not told of, or that it leaves until there are enough. */
  const gathered = new Map<string, number>();
  const enough = parts.limits.batchSize;

  return {
    recorded(laneIds) {
      const due: string[] = [];
      for (const [laneId, deliveries] of counted(laneIds)) {
        const before = gathered.get(laneId);
        const now = (before ?? 0) + deliveries;
        if (before === undefined || now >= enough) due.push(laneId);
        // A lane takes the first few at once; later ones, and what is more than a batch, wait for others.
        gathered.set(laneId, before === undefined && now < enough ? 0 : now % enough);
      }
      return pokeLanes(parts, due);
    },
    end() {
      const due = [...gathered].flatMap(([laneId, deliveries]) => (deliveries > 0 ? laneId : []));
      for (const laneId of due) gathered.set(laneId, 0);
      return pokeLanes(parts, due);
    },
  };
}

function counted(laneIds: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const laneId of laneIds) counts.set(laneId, (counts.get(laneId) ?? 0) + 1);
  return counts;
}
