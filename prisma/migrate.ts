/** Migrations without Prisma's native engine, whose download many networks close off: its WASM build does the same. */
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import type { MigrationList, SchemaEngine } from "@prisma/schema-engine-wasm";

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

/** The SQL that leads from the migrations to the schema; needs an empty database to replay them in. */
export async function diffMigrations(emptyDatabaseUrl: string): Promise<string> {
  return withEngine(emptyDatabaseUrl, async (engine) => {
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
}

/** Loaded once: a second instance would work on the memory of the first, whose glue it shares. */
let engineClass: Promise<typeof SchemaEngine> | undefined;

async function withEngine<T>(url: string, use: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  const opened: Connection[] = [];
  const adapter = bindMigrationAwareSqlAdapterFactory(wholeScripts(url, opened));
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

/** The adapter cuts scripts at every semicolon, also in comments and functions; PostgreSQL takes them whole, in one transaction. */
function wholeScripts(connectionString: string, opened: Connection[]): PrismaPg {
  const factory = new PrismaPg({ connectionString });
  const connect = factory.connect.bind(factory);
  const connectToShadowDb = factory.connectToShadowDb.bind(factory);
  const takeWhole = (connection: Connection): Connection => {
    connection.executeScript = async (script) => {
      await connection.underlyingDriver().query(script);
    };
    return connection;
  };
  factory.connect = async () => {
    const connection = takeWhole(await connect());
    opened.push(connection);
    return connection;
  };
  factory.connectToShadowDb = async () => takeWhole(await connectToShadowDb());
  return factory;
}

type Connection = Awaited<ReturnType<PrismaPg["connect"]>>;

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
  if (!url) throw new Error("Set DATABASE_URL; for diff it must name an empty database.");
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
