/** Starts the product as somebody would, on ports and data of its own, and stops it when all tests are over. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { testEnvironment } from "../../scripts/checks/environment";
import { freePorts } from "../../scripts/supervisor/ports";
import { removeDatabase } from "../../scripts/supervisor/postgres-place";
import { announce } from "./product";

const startWithinMs = 180_000;

export default async function startProduct(): Promise<() => Promise<void>> {
  const testDir = resolve(process.env["TEST_DIR"] ?? ".test-data");
  const dataDir = join(testDir, `product-${process.env["E2E_PLACE"] ?? "e2e"}`);
  mkdirSync(testDir, { recursive: true });
  const [portal = 0, telemessage = 0, entra = 0, graph = 0, control = 0] = await freePorts(5);
  const start = spawn(process.execPath, ["scripts/start.mjs", "--reset"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...testEnvironment(process.env, testDir),
      DATA_DIR: dataDir,
      PORT: String(portal),
      SIM_TELEMESSAGE_PORT: String(telemessage),
      SIM_ENTRA_PORT: String(entra),
      SIM_GRAPH_PORT: String(graph),
      SIM_CONTROL_PORT: String(control),
      // Should the runner be killed, nothing of it stays behind.
      STOP_WITH_PARENT: "1",
    },
  });
  await running(start);
  announce({
    portalUrl: `http://localhost:${portal}`,
    controlUrl: `http://127.0.0.1:${control}`,
    telemessageUrl: `http://127.0.0.1:${telemessage}`,
    entraUrl: `http://127.0.0.1:${entra}`,
    graphUrl: `http://127.0.0.1:${graph}`,
    dataDir,
  });
  return async () => {
    await stop(start);
    // As root it lies outside the project, where nobody would find it again; the logs stay for whoever asks why.
    removeDatabase(dataDir);
  };
}

/** It says so itself, after everything has answered once. */
function running(start: ChildProcess): Promise<void> {
  return new Promise((resolveRunning, reject) => {
    const timer = setTimeout(() => {
      start.kill("SIGTERM");
      reject(new Error(`The product did not start within ${startWithinMs / 1000} s:\n${said}`));
    }, startWithinMs);
    let said = "";
    start.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      if (!said.includes("Ctrl-C stops it.")) return;
      clearTimeout(timer);
      resolveRunning();
    });
    start.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`npm start ended with ${code ?? "a signal"}:\n${said}`));
    });
  });
}

function stop(start: ChildProcess): Promise<void> {
  return new Promise((resolveStopped) => {
    if (start.exitCode !== null) {
      resolveStopped();
      return;
    }
    start.once("exit", () => {
      resolveStopped();
    });
    start.kill("SIGTERM");
  });
}
