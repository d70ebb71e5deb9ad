/** What a seed speaks to: services that can be struck, and databases of its own. */
import { randomBytes } from "node:crypto";
import * as processes from "../scripts/testing/services";

export type Services = Pick<
  processes.Services,
  "dir" | "urls" | "storage" | "redisUrl" | "remember" | "stop"
> & {
  /** A migrated database of its own. */
  newDatabase(): Promise<string>;
  dropDatabase(url: string): Promise<void>;
  /** Ends a program with the signal and starts it again; resolves when it answers. */
  restart(program: processes.Program, signal: NodeJS.Signals): Promise<void>;
};

const template = "template_migrated";

export async function startServices(): Promise<Services> {
  const services = await processes.startServices({
    ...{ name: "chaos", programs: ["postgres", "azurite", "simulator", "redis"] },
    database: template,
    // What was committed survives the end of the process, though not of the machine.
    postgres: { fsync: "off", max_connections: "200" },
  });
  const execute = (statement: string) =>
    processes.execute(services.databaseUrl("postgres"), [statement]);
  const restarts = new Map<processes.Program, Promise<void>>();
  return {
    ...services,
    async newDatabase() {
      const name = `chaos_${randomBytes(6).toString("hex")}`;
      await execute(`CREATE DATABASE ${name} TEMPLATE ${template}`);
      return services.databaseUrl(name);
    },
    dropDatabase: (url) =>
      execute(`DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`),
    // One behind the other: two Azurites over one folder lose what lies in it, which nobody promises to survive.
    restart(program, signal) {
      const before = restarts.get(program) ?? Promise.resolve();
      const restarted = before.then(async () => {
        await services.kill(program, signal);
        await services.start(program);
      });
      const settled = restarted.catch(() => undefined);
      restarts.set(program, settled);
      return restarted;
    },
  };
}
