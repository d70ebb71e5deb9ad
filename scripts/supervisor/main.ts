/** `npm start`: prepares, starts the parts in the order they need each other, watches them, stops them in reverse. */
import { join } from "node:path";
import { ConfigError, loadConfig, type Config } from "../../lib/config";
import { BuildError } from "./build";
import { say, summary, type Drop } from "./console";
import { emptyDataDir, keepPorts, keepSecrets, prepareDataDir, takeLock } from "./data-dir";
import { partEnvironment, setupOf, type Setup } from "./environment";
import { rotateLogs, watchLogs } from "./logs";
import { PartFailed } from "./part";
import type { Programs } from "./parts";
import { portTrouble } from "./ports";
import { Product } from "./product";
import { Refusal } from "./refusal";
import { endLeftovers, launchGuard, RunFile, runFilePath } from "./run-file";
import { listenForStop, type StopRequest } from "./stop-request";

export type Options = {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly isReset: boolean;
  readonly isDev: boolean;
  /** Stand-ins for the parts that are ours, and nothing to build: for the supervisor's own tests. */
  readonly programs?: Programs;
};

/** The exit code. What the person at the terminal can mend is told in a sentence, everything else with its stack. */
export async function superviseProduct(options: Options): Promise<number> {
  try {
    const setup = setupOf(options.env);
    prepareDataDir(setup.dataDir);
    const releaseLock = takeLock(setup.dataDir, `http://localhost:${setup.port}`);
    try {
      return await run(options, setup);
    } finally {
      releaseLock();
    }
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    return 1;
  }
}

function sentenceOf(error: unknown): string {
  if (isForTheReader(error)) return error.message;
  const { code, path } = error as NodeJS.ErrnoException;
  if (path !== undefined && ["EACCES", "EPERM", "EROFS"].includes(code ?? "")) {
    return `${path} may not be written by this user: change its owner, or start as the user whose it is.`;
  }
  throw error;
}

function isForTheReader(error: unknown): error is Error {
  return (
    error instanceof Refusal ||
    error instanceof ConfigError ||
    error instanceof BuildError ||
    error instanceof PartFailed
  );
}

async function run(options: Options, setup: Setup): Promise<number> {
  const request = listenForStop();
  const left = await endLeftovers(runFilePath(setup.dataDir));
  if (left.length > 0) say(`Ended what an earlier start had left: ${left.join(", ")}`);
  if (options.isReset) {
    emptyDataDir(setup.dataDir);
    prepareDataDir(setup.dataDir);
    say(`Emptied ${setup.dataDir}`);
  }
  await refuseTakenPorts(setup);

  const secrets = keepSecrets(setup.dataDir);
  const ports = await keepPorts(setup.dataDir);
  const env = partEnvironment(options.env, setup, secrets, ports);
  // Parsed as the parts will parse it: a bad setting is named now, not by a worker that cannot start.
  const config = loadConfig(env);
  const logs = join(setup.dataDir, "logs");
  rotateLogs(logs);

  const runFile = new RunFile(runFilePath(setup.dataDir));
  runFile.add("supervisor", process.pid);
  const guard = launchGuard(runFile.path);
  const product = new Product({ ...options, setup, config, env, secrets, ports, logs }, runFile);
  try {
    await upUntilStopped(product, request, setup, config);
  } finally {
    request.request();
    await product.stop(request.hurry);
    runFile.delete();
    guard.kill();
  }
  say("Stopped");
  return 0;
}

async function upUntilStopped(
  product: Product,
  { stop, hurry }: StopRequest,
  setup: Setup,
  config: Config,
): Promise<void> {
  const stopped = new Promise<"stopped">((resolve) => {
    stop.addEventListener("abort", () => {
      resolve("stopped");
    });
    if (stop.aborted) resolve("stopped");
  });
  const started = product.start(stop).then(() => "started" as const);
  if ((await Promise.race([started, stopped])) === "started") {
    const drop = setup.simulator === null ? null : await readDrop(setup.simulator.control);
    process.stdout.write(summary(setup, config.portalUrl, drop));
    const endWatch = watchLogs(join(setup.dataDir, "logs"), say);
    await stopped;
    endWatch();
  }
  started.catch(() => undefined);
  say(hurry.aborted ? "Stopping at once" : "Stopping; Ctrl-C again hastens it");
}

/** Its port may be another one at every start; without an answer the summary leaves it out. */
async function readDrop(controlPort: number): Promise<Drop | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${controlPort}/sftp`, {
      signal: AbortSignal.timeout(10_000),
    });
    const { port, folder } = (await answer.json()) as Partial<Drop>;
    return port === undefined || folder === undefined ? null : { port, folder };
  } catch {
    return null;
  }
}

async function refuseTakenPorts({ port, simulator, sftpPort }: Setup): Promise<void> {
  const inner = simulator
    ? Object.entries(simulator).map(([name, each]) => ({
        name: `SIM_${name.toUpperCase()}_PORT`,
        port: each,
        host: "127.0.0.1",
      }))
    : [];
  const drop =
    sftpPort === null ? [] : [{ name: "SIM_SFTP_PORT", port: sftpPort, host: "127.0.0.1" }];
  const wanted = [{ name: "PORT", port, host: "::" }, ...inner, ...drop];
  for (const each of wanted) {
    const trouble = await portTrouble(each.port, each.host);
    if (trouble === null && wanted.filter((other) => other.port === each.port).length === 1)
      continue;
    const reason = trouble === "forbidden" ? "may not be opened by this user" : "is taken";
    throw new Refusal(
      `Port ${each.port} ${reason}: free it, or set ${each.name} to another one (${each.name}=${each.port + 1} npm start).`,
    );
  }
}
