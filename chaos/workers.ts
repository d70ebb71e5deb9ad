/** The worker processes of a seed: struck, and started again as their supervisor would. */
import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Bundle } from "./bundle";
import type { Chance } from "./random";
import type { History } from "./history";
import type { Order, Told, Trap } from "./worker";

export type Herd = {
  /** Resolves when all of them are at work, with how many times as long that took as usual. */
  start(): Promise<number>;
  /** Everybody is told; who comes by first is the one. */
  arm(trap: Trap): void;
  signal(signal: "SIGKILL" | "SIGTERM"): void;
  freeze(forMs: number): void;
  /** Somebody is at work, or could be. */
  readonly isUp: () => boolean;
  /** Wakes everybody; from now on nobody is struck by an armed trap. */
  calm(): void;
  /** Workers that ended without having been struck, with their exit code. */
  readonly endedByThemselves: string[];
  /** How often a worker was killed, stopped or frozen, and where. */
  readonly struck: string[];
  stop(): Promise<void>;
};

export type HerdOptions = {
  readonly bundle: Bundle;
  readonly count: number;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly chance: Chance;
  readonly history: History;
  readonly remember: (name: string, pid: number) => void;
};

/** A supervisor's pause before it starts again what died. */
const restartMs = 100;
const frozenMs = 1_500;

/** On a machine with nothing else to do; what takes longer by more than a factor is not waited for. */
const usualStartMs = 600;
const slowest = 6;

type Place = { child: ChildProcess; isReady: boolean; isStruck: boolean; timer?: NodeJS.Timeout };

export function createHerd(options: HerdOptions): Herd {
  const { bundle, count, env, logFile, chance, history } = options;
  const places: Place[] = [];
  const endedByThemselves: string[] = [];
  const struck: string[] = [];
  let isOver = false;
  let isCalm = false;
  let started = 0;

  function launch(index: number, onReady: () => void = () => undefined): void {
    const log = openSync(logFile, "a", 0o600);
    const child = fork(bundle.launcher, [bundle.file], {
      env: { PATH: process.env["PATH"], LOG_LEVEL: "info", NODE_ENV: "production" },
      stdio: ["ignore", log, log, "ipc"],
      execArgv: [],
    });
    closeSync(log);
    started += 1;
    if (child.pid !== undefined) options.remember(`worker-${started}`, child.pid);
    const place: Place = { child, isReady: false, isStruck: false };
    places[index] = place;
    child.on("message", (told: Told) => {
      if (told.kind === "caught") return caught(place, told.trap);
      place.isReady = true;
      send(child, { kind: "start", env });
      onReady();
    });
    child.on("error", () => undefined);
    child.once("exit", (code, signal) => {
      // What it said last may still be on its way.
      if (child.connected) child.once("disconnect", () => ended(place, index, code, signal));
      else ended(place, index, code, signal);
    });
  }

  function ended(place: Place, index: number, code: number | null, signal: string | null): void {
    if (isOver) return;
    if (!place.isStruck) endedByThemselves.push(`exit ${String(code)} ${String(signal)}`);
    place.isReady = false;
    const { child, isStruck } = place;
    history.note("worker.ended", { pid: child.pid, code, signal, isStruck });
    setTimeout(() => {
      if (!isOver) launch(index);
    }, restartMs);
  }

  function caught(place: Place, trap: Trap): void {
    history.note("worker.caught", { pid: place.child.pid, ...trap });
    struck.push(trap.point);
    place.isStruck = true;
    for (const { child } of places) send(child, { kind: "disarm", point: trap.point });
    if (trap.how === "SIGSTOP") wakeLater(place, frozenMs);
  }

  function wakeLater(place: Place, ms: number): void {
    place.timer = setTimeout(() => wake(place), ms);
  }

  function wake(place: Place): void {
    clearTimeout(place.timer);
    place.child.kill("SIGCONT");
  }

  const anybody = () => places[chance.between(0, places.length - 1)];

  return {
    ...{ endedByThemselves, struck },
    isUp: () => places.some(({ isReady }) => isReady),
    async start() {
      const ready = (index: number) => new Promise<void>((resolve) => launch(index, resolve));
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: count }, (_, index) => ready(index)));
      return Math.min(Math.max((performance.now() - startedAt) / usualStartMs, 1), slowest);
    },
    arm(trap) {
      for (const { child } of places) send(child, { kind: "arm", trap });
    },
    signal(signal) {
      const place = anybody();
      if (place === undefined) return;
      place.isStruck = true;
      struck.push(signal);
      history.note("worker.signal", { pid: place.child.pid, signal });
      place.child.kill(signal);
    },
    freeze(forMs) {
      const place = anybody();
      if (place === undefined) return;
      struck.push("freeze");
      history.note("worker.frozen", { pid: place.child.pid, forMs });
      place.child.kill("SIGSTOP");
      wakeLater(place, forMs);
    },
    calm() {
      if (isCalm) return;
      isCalm = true;
      for (const place of places) {
        wake(place);
        send(place.child, { kind: "disarm", point: null });
      }
    },
    async stop() {
      isOver = true;
      await Promise.all(places.map(end));
    },
  };
}

async function end({ child, timer }: Place): Promise<void> {
  clearTimeout(timer);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** Somebody who has just died hears nothing. */
function send(child: ChildProcess, order: Order): void {
  if (child.connected) child.send(order, () => undefined);
}
