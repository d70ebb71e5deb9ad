import type { Service } from "../http/reply";

type Line = {
  readonly service: Service;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  count: number;
};

/** What was asked of the three services, and how they answered. Control requests are not counted. */
export class Stats {
  #lines = new Map<string, Line>();
  #concurrency = new Map<string, number>();
  #throttled = new Map<string, number>();

  count(service: Service, method: string, route: string, status: number): void {
    if (service === "control") return;
    const key = `${service} ${method} ${status} ${route}`;
    const line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, { service, method, route, status, count: 1 });
    else line.count += 1;
  }

  sawConcurrency(upn: string, inFlight: number): void {
    if (inFlight > (this.#concurrency.get(upn) ?? 0)) this.#concurrency.set(upn, inFlight);
  }

  sawThrottled(upn: string): void {
    this.#throttled.set(upn, (this.#throttled.get(upn) ?? 0) + 1);
  }

  report() {
    return {
      requests: [...this.#lines.values()],
      concurrency: Object.fromEntries(this.#concurrency),
      throttled: Object.fromEntries(this.#throttled),
    };
  }

  clear(): void {
    this.#lines.clear();
    this.#concurrency.clear();
    this.#throttled.clear();
  }
}
