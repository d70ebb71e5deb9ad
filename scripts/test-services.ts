/** What the database, wire and queue tests speak to: one throw-away PostgreSQL, Azurite and Redis for a whole run. */
import type { TestProject } from "vitest/node";
import { applyMigrations } from "../prisma/migrate";
import { ensureDatabase } from "./supervisor/postgres";
import { type Services, startServices } from "./testing/services";

declare module "vitest" {
  // Merging into Vitest's own declaration is the one thing a type alias cannot do.
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions
  export interface ProvidedContext {
    TEST_DATABASE_URL: string;
    TEST_TEMPLATE_DATABASE: string;
    TEST_REDIS_URL: string | null;
    TEST_STORAGE_CONNECTION_STRING: string;
  }
}

type Shared = Pick<Services, "storage" | "redisUrl" | "stop"> & { readonly database: string };

export const templateDatabase = "template_migrated";

/** Vitest calls this once per project and loads it anew each time, so what is shared hangs on the process. */
const shared = globalThis as { testServices?: { users: number; started: Promise<Shared> } };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.testServices ??= { users: 0, started: startTestServices() };
  shared.testServices.users += 1;
  const { database, redisUrl, storage } = await shared.testServices.started;
  project.provide("TEST_DATABASE_URL", database);
  project.provide("TEST_TEMPLATE_DATABASE", templateDatabase);
  project.provide("TEST_REDIS_URL", redisUrl);
  project.provide("TEST_STORAGE_CONNECTION_STRING", storage);
  process.env["TEST_DATABASE_URL"] = database;
  process.env["TEST_STORAGE_CONNECTION_STRING"] = storage;
  if (redisUrl) process.env["TEST_REDIS_URL"] = redisUrl;
  return async () => {
    const services = shared.testServices;
    if (services === undefined || --services.users > 0) return;
    delete shared.testServices;
    await (await services.started).stop();
  };
}

async function startTestServices(): Promise<Shared> {
  const services = await startServices({
    ...{ name: "tests", programs: ["postgres", "azurite", "redis"], database: templateDatabase },
    postgres: {
      ...{ fsync: "off", synchronous_commit: "off", full_page_writes: "off" },
      max_connections: "300",
    },
  });
  const database = services.databaseUrl("test");
  await ensureDatabase(database);
  await applyMigrations(database);
  return { ...services, database };
}
