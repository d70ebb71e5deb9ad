/** The simulator for one test file: on free ports, driven through its control and its pages. */
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator } from "@/simulator/start";

export type FaultEffect = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly delayMs?: number;
  readonly loseResponse?: true;
  readonly cutBodyAfter?: number;
};

export type Fault = {
  readonly service: "graph" | "entra" | "telemessage";
  readonly method?: string;
  readonly path: string;
  readonly times?: number;
  readonly effect: FaultEffect;
};

export const simulatedClient = {
  tenantId: "3f2c0d6e-0000-4000-8000-000000000001",
  clientId: "7d1f6a52-0000-4000-8000-00000000c11e",
  secret: "simulated-client-secret",
} as const;

export type TestSimulator = Awaited<ReturnType<typeof startTestSimulator>>;

export async function startTestSimulator(env: Readonly<Record<string, string>> = {}) {
  const simulator = await startSimulator({
    env: { DATA_DIR: join(tmpdir(), `simulator-${randomBytes(8).toString("hex")}`), ...env },
    ports: { telemessage: 0, entra: 0, graph: 0, control: 0 },
  });
  const { urls } = simulator;

  async function control<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(urls.control + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  }

  return {
    urls,
    control,
    fault: (fault: Fault) => control("POST", "/faults", fault),

    /** Requests answered so far, as `METHOD route status` with their number. */
    async requests(service: Fault["service"]): Promise<Record<string, number>> {
      type Row = { service: string; method: string; route: string; status: number; count: number };
      const { requests } = await control<{ requests: Row[] }>("GET", "/stats");
      const own = requests.filter((row) => row.service === service);
      return Object.fromEntries(
        own.map(({ method, route, status, count }) => [`${method} ${route} ${status}`, count]),
      );
    },

    close: () => simulator.close(),
  };
}
