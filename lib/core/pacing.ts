/**
 * Sliding windows of requests and bytes towards one mailbox. Exchange Online counts them per
 * application and mailbox; staying below costs less than being told to wait.
 */

type Limit = { readonly count: number; readonly seconds: number };

export type TrafficLimits = { readonly requests: Limit; readonly bytes: Limit };

/** A little below what Exchange allows: 10,000 requests in 10 minutes, 150 MB in 5 minutes. */
export const exchangeLimits: TrafficLimits = {
  requests: { count: 9_600, seconds: 600 },
  bytes: { count: 140_000_000, seconds: 300 },
};

/** One span of time: its number, and the requests and bytes begun in it. Oldest first. */
type Bucket = readonly [number, number, number];

export type Pace = {
  /** Milliseconds until a request of so many bytes fits into both windows; 0 when it does now. */
  waitMs(bytes: number, nowMs: number): number;
  note(bytes: number, nowMs: number): void;
  /** What a new holder of the lane needs to go on. */
  recent(nowMs: number): Bucket[];
};

/** Windows are cut into a hundred buckets: coarse enough for a row, fine enough to lose one percent. */
const bucketsPerWindow = 100;

export function createPace(limits: TrafficLimits, recent: readonly Bucket[]): Pace {
  const shortest = Math.min(limits.requests.seconds, limits.bytes.seconds);
  const longestMs = Math.max(limits.requests.seconds, limits.bytes.seconds) * 1000;
  const widthMs = Math.max((shortest * 1000) / bucketsPerWindow, 1);
  let buckets = recent.map(([at, requests, bytes]): Bucket => [at, requests, bytes]);

  /** A clock that was set back leaves buckets in the future; they would count until it gets there. */
  function settle(nowMs: number): void {
    const now = Math.floor(nowMs / widthMs);
    if ((buckets.at(-1)?.[0] ?? now) <= now) return;
    buckets = buckets.map(([at, requests, bytes]): Bucket => [Math.min(at, now), requests, bytes]);
  }

  /** A bucket counts until its end has left the window: rather a moment too late than too early. */
  function waitFor({ count, seconds }: Limit, field: 1 | 2, amount: number, nowMs: number): number {
    const spanMs = seconds * 1000;
    const inside = buckets.filter(([at]) => (at + 1) * widthMs > nowMs - spanMs);
    let used = inside.reduce((sum, bucket) => sum + bucket[field], 0);
    if (used + amount <= count) return 0;
    for (const bucket of inside) {
      used -= bucket[field];
      // An amount above the whole limit can only go into an empty window.
      if (used + amount <= count || used === 0) {
        return Math.max((bucket[0] + 1) * widthMs + spanMs - nowMs, 1);
      }
    }
    return 0;
  }

  return {
    waitMs(bytes, nowMs) {
      settle(nowMs);
      const { requests, bytes: volume } = limits;
      return Math.max(waitFor(requests, 1, 1, nowMs), waitFor(volume, 2, bytes, nowMs));
    },
    note(bytes, nowMs) {
      settle(nowMs);
      const now = Math.floor(nowMs / widthMs);
      const last = buckets.at(-1);
      if (last !== undefined && last[0] >= now) {
        buckets[buckets.length - 1] = [last[0], last[1] + 1, last[2] + bytes];
      } else {
        buckets = [
          ...buckets.filter(([at]) => (at + 1) * widthMs > nowMs - longestMs),
          [now, 1, bytes],
        ];
      }
    },
    recent: (nowMs) => buckets.filter(([at]) => (at + 1) * widthMs > nowMs - longestMs),
  };
}
