/** PostgreSQL, Azurite and Redis of a test's own, each of which can be struck and started again. */
import { setTimeout } from "node:timers/promises";
import { execute, type Services, startServices } from "./services";

export type OwnServices = Pick<
  Services,
  "storage" | "blobs" | "redisUrl" | "kill" | "start" | "stop"
> & {
  readonly database: string;
  /** Ends every session of PostgreSQL, again and again, for so long. */
  cutConnections(forMs: number): Promise<void>;
};

export async function startOwnServices(): Promise<OwnServices> {
  const services = await startServices({
    ...{ name: "own", programs: ["postgres", "azurite", "redis"], database: "own", postgres: {} },
  });
  return {
    ...services,
    database: services.databaseUrl("own"),
    async cutConnections(forMs) {
      for (const endAt = performance.now() + forMs; performance.now() < endAt;) {
        await execute(services.databaseUrl("postgres"), [
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'own'`,
        ]);
        await setTimeout(20);
      }
    },
  };
}
