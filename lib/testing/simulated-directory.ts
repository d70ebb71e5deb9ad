/** The directory of a simulated tenant, read by the adapter that reads the real one. */
import { createHttp } from "@/lib/adapters/http";
import { createDirectory } from "@/lib/adapters/microsoft365/directory";
import { createGraph } from "@/lib/adapters/microsoft365/graph";
import { createAppTokens } from "@/lib/adapters/microsoft365/token";
import type { Directory, DirectoryUser } from "@/lib/ports/directory";
import { grantConsent } from "./simulated-consent";
import { simulatedClient, startTestSimulator, type TestSimulator } from "./simulator";

export type SimulatedDirectory = {
  readonly simulator: TestSimulator;
  /** One that knows no token yet, after every `settle`. */
  directory: Directory;
  /** These people and an administrator, who has consented; nobody else. */
  settle(people: readonly object[]): Promise<void>;
  everybody(signal?: AbortSignal): Promise<DirectoryUser[]>;
  userNamed(name: string): Promise<DirectoryUser | undefined>;
  close(): Promise<void>;
};

export const never = new AbortController().signal;

export async function openDirectory(): Promise<SimulatedDirectory> {
  const simulator = await startTestSimulator();
  const { entra: entraBaseUrl, graph: graphBaseUrl } = simulator.urls;
  const http = createHttp({ allow: [entraBaseUrl, graphBaseUrl] });
  const clock = { now: () => new Date() };
  const newDirectory = () => {
    const known = { ...simulatedClient, certificatePath: null, entraBaseUrl };
    const tokens = createAppTokens({ ...known, http, clock });
    return createDirectory({ graph: createGraph({ graphBaseUrl, tokens, http }), clock });
  };
  const world: SimulatedDirectory = {
    simulator,
    directory: newDirectory(),
    async settle(people) {
      const upn = "admin@contoso.com";
      const wids = ["62e90394-69f5-4237-9190-012177145e10"];
      await simulator.control("PUT", "/world", {
        tenant: { domain: "contoso.com", name: "Contoso" },
        people: [{ upn, displayName: "Admin", wids }, ...people],
        telemessage: { username: "a", password: "b", records: [] },
      });
      await grantConsent(simulator.urls.entra, { ...simulatedClient, upn });
      world.directory = newDirectory();
    },
    async everybody(signal = never) {
      const users: DirectoryUser[] = [];
      for await (const page of world.directory.listUsers(signal)) users.push(...page);
      return users;
    },
    async userNamed(name) {
      return (await world.everybody()).find(({ displayName }) => displayName === name);
    },
    async close() {
      http.close();
      await simulator.close();
    },
  };
  return world;
}

/** A refusal in the form Graph gives it. */
export function graphError(code: string) {
  return { error: { code, message: "" } };
}
