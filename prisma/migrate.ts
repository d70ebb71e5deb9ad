/** Migrations without Prisma's native engine, whose download many networks close off: its WASM build does the same. */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  DriverAdapterError,
} from "@prisma/driver-adapter-utils";
import type { MigrationList, SchemaEngine } from "@prisma/schema-engine-wasm";
import pg, { type QueryArrayConfig, type QueryArrayResult } from "pg";

const here = dirname(fileURLToPath(import.meta.url));
const migrationsDir = join(here, "migrations");
const schemaPath = join(here, "schema.prisma");
const filters = { externalTables: [], externalEnums: [] };

/** Applies what is outstanding and names it; `prisma migrate deploy` would agree with the result. */
export async function applyMigrations(databaseUrl: string): Promise<string[]> {
  return withEngine(databaseUrl, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: await listMigrations(),
      filters,
    });
    return appliedMigrationNames;
  });
}

/** The SQL that leads from the migrations to the schema; they are replayed in a database made for that and dropped again. */
export async function diffMigrations(databaseUrl: string): Promise<string> {
  const name = `diff_${randomUUID().replaceAll("-", "")}`;
  await execute(databaseUrl, `CREATE DATABASE ${name}`);
  try {
    const scratch = Object.assign(new URL(databaseUrl), { pathname: `/${name}` }).href;
    return await withEngine(scratch, async (engine) => {
      const content = await readFile(schemaPath, "utf8");
      const { stdout } = await engine.diff({
        from: { tag: "migrations", ...(await listMigrations()) },
        to: { tag: "schemaDatamodel", files: [{ path: schemaPath, content }] },
        script: true,
        exitCode: null,
        filters,
      });
      return stdout ?? "";
    });
  } finally {
    await execute(databaseUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

/** Loaded once: a second instance would work on the memory of the first, whose glue it shares. */
let engineClass: Promise<typeof SchemaEngine> | undefined;

async function withEngine<T>(url: string, use: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  const opened: Connection[] = [];
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterFor(url, opened));
  engineClass ??= loadEngine();
  const Engine = await engineClass;
  const schema = await readFile(schemaPath, "utf8");
  const engine = await Engine.new({ datamodels: [[schemaPath, schema]] }, () => undefined, adapter);
  try {
    return await use(engine);
  } finally {
    engine.free();
    // The engine leaves them open, and a database that somebody is connected to cannot be copied.
    await Promise.all(opened.map((connection) => connection.underlyingDriver().end()));
  }
}

/** Where the engine leaves its last words; without it a panic ends the process with a riddle. */
const panics = { message: "", set_message: (message: string) => void (panics.message = message) };
Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: panics });

/** The adapter as the engine needs it for migrations, and a list of what was opened, since the engine closes nothing. */
function adapterFor(connectionString: string, opened: Connection[]): PrismaPg {
  const factory = new PrismaPg({ connectionString });
  const connect = factory.connect.bind(factory);
  const connectToShadowDb = factory.connectToShadowDb.bind(factory);
  factory.connect = async () => {
    const connection = prepared(await connect());
    opened.push(connection);
    return connection;
  };
  factory.connectToShadowDb = async () => prepared(await connectToShadowDb());
  return factory;
}

function prepared(connection: Connection): Connection {
  takeWholeScripts(connection);
  readSingleCharacters(connection);
  return connection;
}

type Connection = Awaited<ReturnType<PrismaPg["connect"]>>;

/** The adapter cuts scripts at every semicolon, also in comments and functions; PostgreSQL takes them whole, in one transaction. */
function takeWholeScripts(connection: Connection): void {
  connection.executeScript = async (script) => {
    await connection.underlyingDriver().query(script).catch(explain);
  };
}

/** Only in this form do PostgreSQL's own words come through the engine. */
function explain(error: unknown): never {
  if (!(error instanceof pg.DatabaseError)) throw error;
  const { code = "", severity = "ERROR", message, detail, column, hint } = error;
  throw new DriverAdapterError({
    kind: "postgres",
    ...{ code, severity, message, detail, column, hint },
  });
}

const singleCharacterOid = 18;
const textOid = 25;

/** The catalogue has columns of type "char", which the engine asks for and the adapter does not know. */
function readSingleCharacters(connection: Connection): void {
  const pool = connection.underlyingDriver();
  const query = pool.query.bind(pool) as (
    config: QueryArrayConfig,
  ) => Promise<Partial<QueryArrayResult>>;
  const seen = new Set<string>();
  const passingAsText = async (config: QueryArrayConfig) => {
    const result = await query(config);
    for (const field of result.fields ?? []) {
      if (field.dataTypeID !== singleCharacterOid) continue;
      seen.add(`${config.text}#${field.name}`);
      field.dataTypeID = textOid;
    }
    return result;
  };
  Object.assign(pool, { query: passingAsText });
  const queryRaw = connection.queryRaw.bind(connection);
  connection.queryRaw = async (question) => {
    const answer = await queryRaw(question);
    const columnTypes = answer.columnNames.map((name, index) =>
      seen.has(`${question.sql}#${name}`) ? ColumnTypeEnum.Character : answer.columnTypes[index],
    );
    return { ...answer, columnTypes: columnTypes as typeof answer.columnTypes };
  };
}

/** The package's own entry is made for bundlers, so its module is put together by hand. */
async function loadEngine(): Promise<typeof SchemaEngine> {
  const glue = createRequire(import.meta.url).resolve(
    "@prisma/schema-engine-wasm/schema_engine_bg",
  );
  const bindings = (await import(pathToFileURL(glue).href)) as WebAssembly.ModuleImports & {
    __wbg_set_wasm(exports: WebAssembly.Exports): void;
    SchemaEngine: typeof SchemaEngine;
  };
  const bytes = await readFile(join(dirname(glue), "schema_engine_bg.wasm"));
  const { instance } = await WebAssembly.instantiate(bytes, {
    "./schema_engine_bg.js": { ...bindings, ...yieldingTimers(bindings) },
  });
  bindings.__wbg_set_wasm(instance.exports);
  (instance.exports["__wbindgen_start"] as () => void)();
  return bindings.SchemaEngine;
}

/** The engine never clears the deadline of its lock, which would hold every caller's process for ten seconds. */
function yieldingTimers(bindings: WebAssembly.ModuleImports): WebAssembly.ModuleImports {
  const name = Object.keys(bindings).find((key) => key.startsWith("__wbg_setTimeout_"));
  if (name === undefined) return {};
  const start = (run: () => void, ms: number) => setTimeout(run, ms).unref();
  return { [name]: start };
}

async function listMigrations(): Promise<MigrationList> {
  const entries = await readdir(migrationsDir, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const migrationDirectories = names.toSorted().map(async (path) => {
    const value = await readFile(join(migrationsDir, path, "migration.sql"), "utf8");
    return {
      path,
      migrationFile: { path: "migration.sql", content: { tag: "ok" as const, value } },
    };
  });
  return {
    baseDir: migrationsDir,
    lockfile: { path: "./migration_lock.toml", content: 'provider = "postgresql"\n' },
    shadowDbInitScript: "",
    migrationDirectories: await Promise.all(migrationDirectories),
  };
}

async function runCommand([command, name]: string[]): Promise<void> {
  const url = process.env["DATABASE_URL"];
  if (!url) throw new Error("Set DATABASE_URL.");
  if (command === "apply") {
    const applied = await applyMigrations(url);
    console.log(applied.length === 0 ? "Nothing to apply." : `Applied ${applied.join(", ")}.`);
  } else if (command === "diff" && name && /^[a-z0-9_]+$/.test(name)) {
    const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
    const folder = join(migrationsDir, `${stamp}_${name}`);
    const sql = await diffMigrations(url);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "migration.sql"), sql);
    console.log(`Wrote ${join(folder, "migration.sql")}.`);
  } else {
    throw new Error("Say apply, or diff and a name of small letters, digits and _.");
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runCommand(process.argv.slice(2));
}
