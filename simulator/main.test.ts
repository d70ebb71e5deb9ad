import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startSimulator } from "./start";

let dataFolder: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), "simulator-main-"));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  await rm(dataFolder, { recursive: true, force: true });
});

const main = join(import.meta.dirname, "main.ts");

/** The program as it is started by others, on free ports unless told otherwise. */
function run(env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, ["--import", "tsx", main], {
    env: {
      NODE_ENV: "test",
      PATH: process.env["PATH"] ?? "",
      DATA_DIR: dataFolder,
      SIM_TELEMESSAGE_PORT: "0",
      SIM_ENTRA_PORT: "0",
      SIM_GRAPH_PORT: "0",
      SIM_CONTROL_PORT: "0",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  return text;
}

async function readyPorts(child: ChildProcess): Promise<Record<string, number>> {
  const { ready, ...ports } = JSON.parse(await firstLine(child)) as Record<string, number>;
  expect(ready).toBe(true);
  return ports;
}

it("says when it is ready, on which ports, and ends when it is asked to", async () => {
  const child = run();
  const ports = await readyPorts(child);
  expect(Object.keys(ports)).toEqual(["telemessage", "entra", "graph", "control"]);
  const health = await fetch(`http://127.0.0.1:${ports["control"]}/health`);
  expect(health.status).toBe(200);
  expect(await readdir(join(dataFolder, "simulator"))).toHaveLength(1);
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  expect(await readdir(join(dataFolder, "simulator"))).toEqual([]);
}, 60_000);

it("ends when the process that started it has died", async () => {
  const parent = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  started.push(parent);
  const child = run({ SUPERVISOR_PID: String(parent.pid) });
  await readyPorts(child);
  const ended = once(child, "exit");
  parent.kill("SIGKILL");
  expect(await ended).toEqual([0, null]);
}, 60_000);

it("names the port that is taken, and the variable that sets another", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  const child = run({ SIM_GRAPH_PORT: String(port) });
  let text = "";
  child.stderr?.on("data", (chunk) => (text += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  holder.close();
  expect([code, text]).toEqual([
    1,
    `The simulator cannot listen: port ${port} is already in use. Set SIM_GRAPH_PORT to a free port.\n`,
  ]);
}, 60_000);

it("refuses a port that is none", async () => {
  await expect(startSimulator({ env: { SIM_GRAPH_PORT: "http" } })).rejects.toThrow(
    'SIM_GRAPH_PORT is "http", which is not a port number.',
  );
});

it("listens on loopback only", async () => {
  const ports = { telemessage: 0, entra: 0, graph: 0, control: 0 };
  const simulator = await startSimulator({ env: { DATA_DIR: dataFolder }, ports });
  try {
    for (const url of Object.values(simulator.urls)) {
      expect(new URL(url).hostname).toBe("127.0.0.1");
      await expect(fetch(url.replace("127.0.0.1", "[::1]"))).rejects.toThrow();
    }
  } finally {
    await simulator.close();
  }
});

it("sweeps what a killed simulator has left on disk", async () => {
  const child = run();
  await readyPorts(child);
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  expect(await readdir(join(dataFolder, "simulator"))).toHaveLength(1);
  const ports = { telemessage: 0, entra: 0, graph: 0, control: 0 };
  const simulator = await startSimulator({ env: { DATA_DIR: dataFolder }, ports });
  const names = await readdir(join(dataFolder, "simulator"));
  await simulator.close();
  expect(names).toEqual([expect.stringContaining(`run-${process.pid}-`)]);
}, 60_000);
