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
  /** Deliveries since the lane was last told. */
  const gathered = new Map<string, number>();

  async function tell(isDue: (deliveries: number) => boolean): Promise<void> {
    const due = [...gathered].flatMap(([laneId, deliveries]) => (isDue(deliveries) ? laneId : []));
    for (const laneId of due) gathered.set(laneId, 0);
    await pokeLanes(parts, due);
  }

  return {
    recorded(laneIds) {
      const enough = parts.limits.batchSize;
      for (const laneId of laneIds) {
        gathered.set(laneId, (gathered.get(laneId) ?? enough) + 1);
      }
      return tell((deliveries) => deliveries >= enough);
    },
    end: () => tell((deliveries) => deliveries > 0),
  };
}
