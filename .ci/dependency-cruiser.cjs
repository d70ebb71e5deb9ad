/** Who may import whom: the floors of the house as one table, and what follows from them as rules. */

/** Each room, where it lies, and the rooms it may import besides itself. */
const rooms = {
  core: { path: "^lib/core/", may: [] },
  ports: { path: "^lib/ports/", may: ["core"] },
  services: { path: "^lib/services/", may: ["core", "ports"] },
  queue: { path: "^lib/queue\\.ts$", may: ["core"] },
  adapters: { path: "^lib/adapters/", may: ["core", "ports", "queue", "generated"] },
  wiring: {
    path: "^lib/wiring(-portal|-alarms|-duties|-outside)?\\.ts$",
    may: ["core", "ports", "services", "queue", "adapters", "settings"],
  },
  settings: { path: "^lib/(config|config-schema|config-values|logger)\\.ts$", may: [] },
  workers: { path: "^workers/", may: ["core", "queue", "wiring", "settings"] },
  // Of services the app knows the types only; a rule of its own below says so.
  app: {
    path: "^(app/|(proxy|instrumentation)\\.ts$)",
    may: ["core", "services", "wiring", "settings", "components"],
  },
  components: { path: "^components/", may: ["core"] },
  generated: { path: "^prisma/generated/", may: [] },
  migrations: { path: "^prisma/migrate\\.ts$", may: [] },
  simulator: { path: "^simulator/", may: [] },
  scripts: { path: "^scripts/", may: ["settings", "migrations", "simulator"] },
  e2e: { path: "^e2e/", may: ["core", "scripts", "simulator"] },
  // Drives the real parts and asks the portal; what it expects of them it works out by itself.
  chaos: {
    path: "^chaos/",
    may: ["core", "services", "scripts", "migrations", "settings", "wiring", "workers"],
  },
  bench: {
    path: "^bench/",
    may: ["scripts", "settings", "migrations", "core", "ports", "wiring", "workers"],
  },
};

/** Tests may reach for whatever helps them, but a product file never for a test's means. */
const tests = "\\.test\\.tsx?$";
const testing = "^lib/testing/";
const nodeModules = (names) => `node_modules/(${names})(/|$)`;

const floors = Object.entries(rooms).map(([name, { path, may }]) => {
  const open = [name, ...may].map((each) => rooms[each].path);
  const ours = Object.values(rooms).map((room) => room.path);
  return {
    name: `floor-${name}`,
    comment: `${name} may import ${may.join(", ") || "nothing of ours"}.`,
    severity: "error",
    from: { path, pathNot: [tests, testing] },
    to: { path: ours, pathNot: open },
  };
});

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...floors,
    {
      name: "core-does-no-io",
      comment: "The core is pure: of Node it has hashes and bytes, nothing that reaches outside.",
      severity: "error",
      from: { path: rooms.core.path, pathNot: [tests] },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|buffer)$" },
    },
    {
      name: "ports-and-services-do-no-io",
      comment: "Services reach the world through ports alone.",
      severity: "error",
      from: { path: [rooms.ports.path, rooms.services.path], pathNot: [tests] },
      to: {
        dependencyTypes: ["core"],
        pathNot: "^(node:)?(crypto|buffer|events|stream|stream/web)$",
      },
    },
    {
      name: "app-knows-services-by-type",
      comment: "Pages get their services from the wiring; an import of the code would go round it.",
      severity: "error",
      from: { path: rooms.app.path, pathNot: [tests] },
      to: { path: rooms.services.path, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-web-framework-below",
      comment:
        "lib and workers run in plain Node; server-only throws there and would kill the worker.",
      severity: "error",
      from: { path: "^(lib|workers|simulator|scripts|prisma)/", pathNot: [tests] },
      to: { path: nodeModules("next|next-auth|react|react-dom|server-only|@fluentui/.*") },
    },
    {
      name: "server-only-in-app-server",
      severity: "error",
      from: { pathNot: "^app/_server/" },
      to: { path: nodeModules("server-only") },
    },
    {
      name: "components-see-no-server",
      comment: "Components run in browsers.",
      severity: "error",
      from: { path: rooms.components.path, pathNot: [tests] },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "prisma-stays-in-postgres",
      comment: "Only the PostgreSQL adapters see Prisma's types.",
      severity: "error",
      from: { path: "^(lib|app|workers|components)/", pathNot: ["^lib/adapters/postgres/", tests] },
      to: { path: ["^prisma/generated/", nodeModules("@prisma/.*")] },
    },
    {
      name: "simulator-is-a-stranger",
      comment:
        "The product must not know its stand-in, and the stand-in not inherit the product's mistakes.",
      severity: "error",
      from: { pathNot: ["^simulator/", "^e2e/", "^scripts/", "^bench/", tests, testing] },
      to: { path: "^simulator/" },
    },
    {
      name: "no-test-code-in-the-product",
      severity: "error",
      from: { pathNot: [tests, testing, "^e2e/", "^scripts/", "^bench/", "^chaos/"] },
      to: { path: [testing, tests, "^e2e/"] },
    },
    {
      name: "no-circles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { pathNot: "^prisma/generated/" } },
    },
    {
      name: "no-orphans",
      comment: "What nobody imports is either an entry or forgotten.",
      severity: "error",
      from: {
        orphan: true,
        pathNot: [
          tests,
          "^[^/]+\\.(js|ts|cjs)$",
          "^\\.ci/",
          "^app/",
          "^bench/",
          "^chaos/",
          "^e2e/",
          "^scripts/",
          "\\.d\\.ts$",
          "^prisma/generated/",
        ],
      },
      to: {},
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^(bun|node):" },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "^prisma/generated"] },
    exclude: { path: ["^\\.next/", "^\\.data/", "^\\.test-data/", "^next-env\\.d\\.ts$"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".json"],
    },
  },
};
