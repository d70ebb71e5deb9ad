import type { Service } from "../http/reply";

export type Effect = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly delayMs?: number;
  readonly loseResponse?: boolean;
  readonly cutBodyAfter?: number;
};

export type FaultOrder = {
  readonly service: Exclude<Service, "control">;
  readonly method?: string;
  readonly path: string;
  readonly times: number;
  readonly skip: number;
  readonly effect: Effect;
};

type Fault = {
  readonly order: FaultOrder;
  readonly pattern: RegExp;
  left: number;
  skipLeft: number;
};

/** What is to go wrong, and how often still. */
export class Faults {
  #faults: Fault[] = [];

  add(order: FaultOrder): void {
    const pattern = new RegExp(order.path);
    this.#faults.push({ order, pattern, left: order.times, skipLeft: order.skip });
  }

  /** The effect for this request, if one is due. Only the first that is due takes it. */
  take(service: Service, method: string, target: string): Effect | undefined {
    for (const fault of this.#faults) {
      if (fault.left === 0 || fault.order.service !== service) continue;
      if (fault.order.method !== undefined && fault.order.method !== method) continue;
      if (!fault.pattern.test(target)) continue;
      if (fault.skipLeft > 0) {
        fault.skipLeft -= 1;
        continue;
      }
      fault.left -= 1;
      return fault.order.effect;
    }
    return undefined;
  }

  list(): readonly (FaultOrder & { readonly left: number; readonly skipLeft: number })[] {
    return this.#faults.map(({ order, left, skipLeft }) => ({ ...order, left, skipLeft }));
  }

  clear(): void {
    this.#faults = [];
  }
}
