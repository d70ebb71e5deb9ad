import type { Clock } from "./clock";

/** Exchange Online's limits for one application in one mailbox. `null` switches one off. */
export type Limits = {
  readonly concurrent: number | null;
  readonly requests: Quota | null;
  readonly bytes: Quota | null;
};

export type Quota = { readonly count: number; readonly seconds: number };

export const exchangeLimits: Limits = {
  concurrent: 4,
  requests: { count: 10_000, seconds: 600 },
  bytes: { count: 157_286_400, seconds: 300 },
};

export type Throttled = {
  readonly limit: "MailboxConcurrency" | "Requests" | "IncomingBytes";
  readonly retryAfterSeconds: number;
};

type Usage = {
  inFlight: number;
  requests: SlidingCount | undefined;
  bytes: SlidingCount | undefined;
};

export class Throttle {
  readonly #clock: Clock;
  #limits: Limits = exchangeLimits;
  #usage = new Map<string, Usage>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get limits(): Limits {
    return this.#limits;
  }

  /** New limits begin with empty windows; what is in flight stays in flight. */
  set(limits: Limits): void {
    this.#limits = limits;
    for (const usage of this.#usage.values()) {
      usage.requests = this.#count(limits.requests);
      usage.bytes = this.#count(limits.bytes);
    }
  }

  /** Counts a request in. It is counted, and has to be let out again, even if it is refused. */
  enter(key: string): { readonly inFlight: number; readonly throttled: Throttled | undefined } {
    const usage = this.#usageOf(key);
    usage.inFlight += 1;
    const { concurrent, requests } = this.#limits;
    let throttled: Throttled | undefined;
    if (usage.requests !== undefined && requests !== null) {
      usage.requests.add(1);
      const wait = usage.requests.secondsUntil(requests.count);
      if (wait > 0) throttled = { limit: "Requests", retryAfterSeconds: wait };
    }
    if (concurrent !== null && usage.inFlight > concurrent) {
      throttled ??= { limit: "MailboxConcurrency", retryAfterSeconds: 1 };
    }
    return { inFlight: usage.inFlight, throttled };
  }

  leave(key: string): void {
    const usage = this.#usage.get(key);
    if (usage !== undefined && usage.inFlight > 0) usage.inFlight -= 1;
  }

  /** Counts an upload, unless it is refused. An idle mailbox takes one of any size. */
  weigh(key: string, uploadBytes: number): Throttled | undefined {
    const { bytes: quota } = this.#limits;
    const { bytes } = this.#usageOf(key);
    if (quota === null || bytes === undefined || uploadBytes === 0) return undefined;
    const wait = bytes.secondsUntil(Math.max(0, quota.count - uploadBytes));
    if (wait > 0) return { limit: "IncomingBytes", retryAfterSeconds: wait };
    bytes.add(uploadBytes);
    return undefined;
  }

  #usageOf(key: string): Usage {
    let usage = this.#usage.get(key);
    if (usage === undefined) {
      const { requests, bytes } = this.#limits;
      usage = { inFlight: 0, requests: this.#count(requests), bytes: this.#count(bytes) };
      this.#usage.set(key, usage);
    }
    return usage;
  }

  #count(quota: Quota | null): SlidingCount | undefined {
    return quota === null ? undefined : new SlidingCount(quota.seconds * 1000, this.#clock);
  }
}

/** A sum over the last so many milliseconds, kept in sixty slots instead of one entry per request. */
class SlidingCount {
  readonly #spanMs: number;
  readonly #slotMs: number;
  readonly #clock: Clock;
  #slots: { readonly slot: number; amount: number }[] = [];
  #total = 0;

  constructor(spanMs: number, clock: Clock) {
    this.#spanMs = spanMs;
    this.#slotMs = Math.max(1, spanMs / 60);
    this.#clock = clock;
  }

  add(amount: number): void {
    const slot = Math.floor(this.#clock() / this.#slotMs);
    const last = this.#slots.at(-1);
    if (last?.slot === slot) last.amount += amount;
    else this.#slots.push({ slot, amount });
    this.#total += amount;
  }

  /** 0 if the sum is within the allowance, else the whole seconds until it will be. */
  secondsUntil(allowance: number): number {
    const now = this.#clock();
    while (this.#slots[0] !== undefined && this.#endOf(this.#slots[0].slot) <= now) {
      this.#total -= this.#slots.shift()?.amount ?? 0;
    }
    let total = this.#total;
    if (total <= allowance) return 0;
    for (const { slot, amount } of this.#slots) {
      total -= amount;
      if (total <= allowance) return Math.max(1, Math.ceil((this.#endOf(slot) - now) / 1000));
    }
    return 1;
  }

  /** When the first of a slot leaves the span: whoever counts exactly must never be refused. */
  #endOf(slot: number): number {
    return slot * this.#slotMs + this.#spanMs;
  }
}
