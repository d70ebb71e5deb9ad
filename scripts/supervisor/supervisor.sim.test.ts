import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { areGone, guardOf, makePlace, partNames, removePlace } from "../testing/stand-ins";
import { startStandIns, type Place, type Supervised } from "../testing/stand-ins";

let place: Place;
const running: Supervised[] = [];

async function start(...args: Parameters<typeof startStandIns>): Promise<Supervised> {
  const supervised = await startStandIns(...args);
  running.push(supervised);
  return supervised;
}

beforeEach(async () => {
  place = await makePlace();
});

afterEach(async () => {
  for (const supervised of running.splice(0)) {
    if (supervised.process.exitCode === null && supervised.process.signalCode === null) {
      await supervised.stopped();
    }
  }
  removePlace(place);
});

test("it runs in a directory that nobody else may enter, and says which processes are its own", async () => {
  const product = await start(place);
  const pids = product.pids();
  expect(statSync(place.dataDir).mode & 0o777).toBe(0o700);
  expect(Object.keys(pids).toSorted()).toEqual([...partNames, "supervisor"].toSorted());
  expect(pids["supervisor"]).toBe(product.process.pid);
  expect(areGone(Object.values(pids))).toBe(false);
});

test("Ctrl-C stops portal, worker and simulator in this order and leaves nothing behind", async () => {
  const product = await start(place);
  const pids = Object.values(product.pids());
  expect(await product.stopped()).toBe(0);
  const stops = product.journal().filter((line) => line.endsWith(" stopped"));
  expect(stops).toEqual(["portal stopped", "worker stopped", "simulator stopped"]);
  expect(areGone(pids)).toBe(true);
  expect(existsSync(join(place.dataDir, "run.json"))).toBe(false);
});

test("Ctrl-C in the middle of a start leaves nothing behind either", async () => {
  const product = await start(place, { until: (each) => each.pids()["postgres"] !== undefined });
  const pids = Object.values(product.pids());
  expect(await product.stopped()).toBe(0);
  expect(areGone(pids)).toBe(true);
  expect(existsSync(join(place.dataDir, "run.json"))).toBe(false);
});

test("a second Ctrl-C does not wait for a worker that takes its time", async () => {
  const product = await start(place, { env: { STAND_IN_STUBBORN: "worker" } });
  const pids = Object.values(product.pids());
  product.process.kill("SIGINT");
  await product.soon(() => product.journal().includes("worker asked to stop"), "the question");
  const began = Date.now();
  const askAgain = () => {
    product.process.kill("SIGINT");
    return product.process.exitCode !== null;
  };
  await product.soon(askAgain, "the end of all parts");
  expect(Date.now() - began).toBeLessThan(15_000);
  expect(areGone(pids)).toBe(true);
});

test("a part that dies is started again, and the terminal says so", async () => {
  const product = await start(place);
  const { portal } = product.pids();
  process.kill(portal ?? 0, "SIGKILL");
  await product.saysSoon("portal ended (SIGKILL); it is started again in 1 s.");
  await product.soon(() => (product.pids()["portal"] ?? portal) !== portal, "a new portal");
});

test("of a killed supervisor nothing is left after ten seconds, and the next start goes on with its data", async () => {
  const product = await start(place);
  const pids = Object.values(product.pids());
  const secrets = readFileSync(join(place.dataDir, "secrets.json"), "utf8");
  product.process.kill("SIGKILL");
  await product.soon(() => areGone(pids), "the end of all parts", 10_000);
  const next = await start(place);
  expect(next.output).toContain("Ctrl-C stops it.");
  expect(next.output).not.toContain("Made the database's files");
  expect(readFileSync(join(place.dataDir, "secrets.json"), "utf8")).toBe(secrets);
});

test("it ends with the npm that started it, also when that was killed", async () => {
  const product = await start(place, { isUnderShell: true, env: { STOP_WITH_PARENT: "1" } });
  const pids = Object.values(product.pids());
  product.process.kill("SIGKILL");
  await product.soon(() => areGone(pids), "the end of all parts", 10_000);
});

test.runIf(existsSync("/proc/self/cmdline"))(
  "what stays when even the guard is killed is ended by the next start",
  async () => {
    const product = await start(place);
    const { supervisor: _itself, ...parts } = product.pids();
    process.kill(guardOf(place) ?? 0, "SIGKILL");
    product.process.kill("SIGKILL");
    await product.soon(() => product.process.signalCode !== null, "its end");
    expect(Object.values(parts).some((pid) => !areGone([pid]))).toBe(true);
    const next = await start(place);
    expect(next.output).toContain("Ended what an earlier start had left");
    expect(areGone(Object.values(parts))).toBe(true);
  },
);

test("a second one on the same data says that it runs already", async () => {
  await start(place);
  const second = await start(place);
  expect(await second.ended()).toBe(1);
  expect(second.output).toContain(`It is running already for ${place.dataDir}`);
  expect(second.output.trim().split("\n")).toHaveLength(1);
});

test("two on different data and ports run side by side", async () => {
  const other = await makePlace();
  const [one, two] = await Promise.all([start(place), start(other)]);
  const ports = [one, two].map(({ place: { dataDir } }) =>
    readFileSync(join(dataDir, "ports.json"), "utf8"),
  );
  for (const { output } of [one, two]) expect(output).toContain("Ctrl-C stops it.");
  await two.stopped();
  removePlace(other);
  expect(ports[0]).not.toBe(ports[1]);
  expect(Object.keys(one.pids()).toSorted()).toEqual([...partNames, "supervisor"].toSorted());
  expect(areGone(Object.values(one.pids()))).toBe(false);
});

test("a taken port is named with the setting that chooses another", async () => {
  const stranger = createServer();
  const port = Number(place.env["SIM_GRAPH_PORT"]);
  await new Promise<void>((resolve) => stranger.listen(port, "127.0.0.1", resolve));
  const product = await start(place);
  stranger.close();
  expect(await product.ended()).toBe(1);
  expect(product.output).toContain(`Port ${port} is taken`);
  expect(product.output).toContain("SIM_GRAPH_PORT=");
});

test("a data directory that cannot be used is named with what to do", async () => {
  const product = await start(place, { env: { DATA_DIR: "/dev/null/data" } });
  expect(await product.ended()).toBe(1);
  expect(product.output).toContain("/dev/null/data cannot be read and written");
});

test("production without its settings names them all and starts nothing", async () => {
  const product = await start(place, { env: { APP_MODE: "production" } });
  expect(await product.ended()).toBe(1);
  expect(product.output).toContain("TELEMESSAGE_BASE_URL is missing");
  expect(product.output).toContain("ENCRYPTION_KEYS is missing");
  expect(product.journal()).toEqual([]);
});

test("a reset begins anew", async () => {
  const first = await start(place);
  const secrets = readFileSync(join(place.dataDir, "secrets.json"), "utf8");
  await first.stopped();
  const anew = await start(place, { args: ["--reset"] });
  expect(anew.output).toContain("Made the database's files");
  expect(readFileSync(join(place.dataDir, "secrets.json"), "utf8")).not.toBe(secrets);
});

test("a reset refuses to empty a directory that holds something else", async () => {
  mkdirSync(join(place.dataDir, "photographs"), { recursive: true });
  const product = await start(place, { args: ["--reset"] });
  expect(await product.ended()).toBe(1);
  expect(product.output).toContain("holds something else");
  expect(existsSync(join(place.dataDir, "photographs"))).toBe(true);
});
