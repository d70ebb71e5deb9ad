/** I7: what people wrote, and the password, stand nowhere in the clear: not in a table, the queue, a log, a blob. */
import { readFileSync } from "node:fs";
import { ContainerClient } from "@azure/storage-blob";
import { Redis } from "ioredis";
import type { Rows } from "../sql";
import { type Violation, violation } from "./violation";

export type Places = {
  readonly rows: Rows;
  readonly redisUrl: string | null;
  readonly storage: string;
  readonly container: string;
  readonly logFile: string;
};

const readersAtATime = 6;

/** @param canaries words of which every text of the world, the password and the key contain one */
export async function checkSecrets(
  canaries: readonly string[],
  places: Places,
): Promise<Violation[]> {
  const [tables, keys, blobs] = await Promise.all([
    inTables(canaries, places.rows),
    places.redisUrl === null ? [] : inRedis(canaries, places.redisUrl),
    inBlobs(canaries, places),
  ]);
  const found = [...tables, ...keys, ...blobs];
  // People's numbers and addresses have no business in a log either.
  for (const word of [...canaries, "@contoso.com", "1617555"]) {
    if (!readFileSync(places.logFile, "utf8").includes(word)) continue;
    found.push(violation("I7", "a log tells what it must not", { word, log: places.logFile }));
  }
  return found;
}

async function inTables(canaries: readonly string[], rows: Rows): Promise<Violation[]> {
  const tables = await rows<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS "name" FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  // Bytes are shown as hexadecimal digits.
  const words = canaries
    .flatMap((canary) => [canary, Buffer.from(canary).toString("hex")])
    .map((word) => `%${word}%`);
  const [counted] = await rows<Record<string, number>>(
    `SELECT ${tables
      .map(
        ({ name }) =>
          `(SELECT count(*)::int FROM ${name} t WHERE t::text LIKE ANY ($1::text[])) AS "${name.replaceAll('"', "")}"`,
      )
      .join(", ")}`,
    [words],
  );
  return Object.entries(counted ?? {}).flatMap(([table, count]) =>
    count === 0 ? [] : [violation("I7", "a table holds what people wrote", { table, count })],
  );
}

async function inRedis(canaries: readonly string[], url: string): Promise<Violation[]> {
  const redis = new Redis(url, { maxRetriesPerRequest: 5 });
  redis.on("error", () => undefined);
  try {
    const found: Violation[] = [];
    for (const key of await redis.keys("*")) {
      const value = JSON.stringify(await read(redis, key));
      const isTold = [...canaries, "@contoso.com"].some((word) => `${key} ${value}`.includes(word));
      if (isTold) found.push(violation("I7", "the queue holds what it must not", { key }));
    }
    return found;
  } finally {
    redis.disconnect();
  }
}

async function read(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  if (type === "hash") return redis.hgetall(key);
  if (type === "list") return redis.lrange(key, 0, -1);
  if (type === "zset") return redis.zrange(key, "0", "-1");
  if (type === "set") return redis.smembers(key);
  if (type === "stream") return redis.xrange(key, "-", "+");
  return type === "string" ? redis.get(key) : null;
}

async function inBlobs(
  canaries: readonly string[],
  { storage, container }: Pick<Places, "storage" | "container">,
): Promise<Violation[]> {
  // Azurite answers 500 for a while after a restart.
  const client = new ContainerClient(storage, container, {
    retryOptions: { maxTries: 8, retryDelayInMs: 500, maxRetryDelayInMs: 8_000 },
  });
  if (!(await client.exists())) return [];
  const found: Violation[] = [];
  const blobs = client.listBlobsFlat();
  const read = async () => {
    for await (const { name, properties } of blobs) {
      // Who says how much there is asks once, not twice.
      const { contentLength: size = 0 } = properties;
      const bytes = size === 0 ? [] : await client.getBlobClient(name).downloadToBuffer(0, size);
      if (canaries.some((canary) => Buffer.from(bytes).includes(canary))) {
        found.push(violation("I7", "a blob lies open", { blob: name }));
      }
    }
  };
  await Promise.all(Array.from({ length: readersAtATime }, read));
  return found;
}
