/** What the nemesis does and when: drawn from tables, so that every seed is another mixture of the same evils. */
import { crashPoints } from "@/lib/services/sync/crash-points";
import type { Delivery } from "./arguments";
import { type DeedStroke, drawDeeds } from "./deeds";
import { type Form, longestCommitMs } from "./form";
import type { Cast } from "./people";
import type { Chance } from "./random";

export type Fault = {
  readonly service: "graph" | "entra" | "telemessage";
  readonly method?: string;
  readonly path: string;
  readonly times: number;
  readonly skip: number;
  readonly effect: Readonly<Record<string, unknown>>;
};

/** `at`: how much of the work is done when it comes, from 0 to 1. */
export type Stroke = DeedStroke | ForceStroke;

/** What no person does. */
export type ForceStroke = { readonly at: number } & (
  | {
      readonly kind: "trap";
      readonly point: string;
      readonly count: number;
      readonly freeze: boolean;
    }
  | { readonly kind: "signal"; readonly signal: "SIGKILL" | "SIGTERM" }
  | { readonly kind: "freeze"; readonly forMs: number }
  | { readonly kind: "fault"; readonly name: string; readonly fault: Fault }
  | { readonly kind: "habit"; readonly patch: Habit; readonly forMs: number | null }
  | { readonly kind: "service"; readonly what: ServiceStroke }
  | { readonly kind: "line"; readonly what: LineStroke; readonly forMs: number }
  /** A file of the delivery becomes what it is in the end. */
  | { readonly kind: "file"; readonly name: string }
);

/** What befalls the way to an SFTP server. */
export type LineStroke = "cut" | "cutSoon" | "stall" | "stallAndCut" | "slow" | "restart";

export type Habit = Readonly<Record<string, unknown>>;

export type ServiceStroke =
  "flushRedis" | "restartRedis" | "cutConnections" | "restartPostgres" | "restartAzurite";

type Ground = {
  readonly cast: Cast;
  readonly queue: "postgres" | "redis";
  readonly seed: number;
  readonly delivery: Delivery;
};

/** @param files that are not whole from the beginning */
export function planSftpStorm(
  chance: Chance,
  form: Form,
  ground: Ground,
  files: readonly { readonly name: string }[],
): Stroke[] {
  const when = () => Math.round(chance.next() * 1000) / 1000;
  const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
  const budget: Budget = { refusals: 0, cuts: 0, additions: 1 };
  const strokes: Stroke[] = [
    ...times(form.processFaults, () => ({ at: when(), ...processStroke(chance) })),
    ...times(form.drop.wireFaults, () => ({
      ...{ at: when(), ...faultStroke(chance, budget, withoutApi) },
    })),
    ...times(form.serviceFaults, () => ({ at: when(), ...serviceStroke(chance, form, ground) })),
    ...times(form.drop.lineFaults, () => ({ at: when(), ...lineStroke(chance) })),
    ...files.map(({ name }) => ({ at: when(), kind: "file" as const, name })),
    ...drawDeeds(chance.fork("deeds"), form, ground),
  ];
  return strokes.sort((one, other) => one.at - other.at);
}

function lineStroke(chance: Chance): BareStroke {
  const what = chance.pick(["cut", "cut", "cutSoon", "stall", "stallAndCut", "slow", "restart"]);
  return { kind: "line", what, forMs: chance.between(200, 1_500) };
}

export function planStorm(chance: Chance, form: Form, ground: Ground): Stroke[] {
  const when = () => Math.round(chance.next() * 1000) / 1000;
  const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
  const budget: Budget = { refusals: 4, cuts: 1, additions: 1 };
  const strokes: Stroke[] = [
    ...times(form.processFaults, () => ({ at: when(), ...processStroke(chance) })),
    ...times(form.wireFaults, () => ({ at: when(), ...wireStroke(chance, budget) })),
    ...times(form.serviceFaults, () => ({ at: when(), ...serviceStroke(chance, form, ground) })),
    ...drawDeeds(chance.fork("deeds"), form, ground),
  ];
  // Half of the habits are there from the first page on.
  if (chance.percent(60)) {
    strokes.push({ at: 0, ...habit(chance) });
  }
  return strokes.sort((one, other) => one.at - other.at);
}

type Bare<T> = T extends unknown ? Omit<T, "at"> : never;
type BareStroke = Bare<ForceStroke>;

function processStroke(chance: Chance): BareStroke {
  const forMs = chance.between(300, 2_500);
  const roll = chance.between(0, 99);
  if (roll < 55) {
    const point = chance.pick(crashPoints);
    const count = chance.between(1, point.startsWith("item.") ? 8 : 2);
    return { kind: "trap", point, count, freeze: chance.percent(25) };
  }
  if (roll < 70) return { kind: "signal", signal: "SIGKILL" };
  if (roll < 80) return { kind: "signal", signal: "SIGTERM" };
  return { kind: "freeze", forMs };
}

/** Attachments are given up after five refusals, three cut bodies or three writes: fewer must never cost one. */
type Budget = { refusals: number; cuts: number; additions: number };

function wireStroke(chance: Chance, budget: Budget): BareStroke {
  if (chance.percent(18)) return habit(chance);
  return faultStroke(chance, budget, targets);
}

type Target = readonly [service: Fault["service"], path: string, method: string];

function faultStroke(
  chance: Chance,
  budget: Budget,
  among: readonly [Target, ...Target[]],
): BareStroke {
  const [service, path, method] = chance.pick(among);
  const [name, effect] = chance.pick(effects(chance));
  const isAttachment = path.includes("attachment");
  let times = chance.between(1, 4);
  if (isAttachment) {
    const isCut = name === "cut" || name === "html";
    const kind = service === "graph" ? "additions" : isCut ? "cuts" : "refusals";
    times = Math.min(times, budget[kind]);
    budget[kind] -= times;
    if (times === 0) return { kind: "signal", signal: "SIGKILL" };
  }
  // Microsoft's sign-in library keeps still for a minute when Entra does not say how long.
  const headers = { headers: { "retry-after": "1" } };
  const isRefusal = "status" in effect && effect.status !== 200;
  const told = service === "entra" && isRefusal ? { ...effect, ...headers } : effect;
  const fault = { service, path, times, skip: chance.between(0, 3), effect: told };
  return { kind: "fault", name, fault: method === "" ? fault : { ...fault, method } };
}

const targets = [
  ["graph", "/mailFolders/[^/]+/messages$", "POST"],
  ["graph", "/mailFolders/[^/]+/messages$", "POST"],
  ["graph", "/mailFolders/[^/]+/messages$", "POST"],
  ["graph", "/messages/[^/]+/attachments", "POST"],
  ["graph", "attachment-sessions", "PUT"],
  ["graph", "/messages\\?", "GET"],
  ["graph", "/mailFolders(\\?|$)", ""],
  ["graph", "/users(/delta)?\\?", "GET"],
  ["entra", "/token", "POST"],
  ["telemessage", "/archive/items", "GET"],
  ["telemessage", "/archive/items", "GET"],
  ["telemessage", "/archive/manifest", "GET"],
  ["telemessage", "/archive/attachments", "GET"],
  ["telemessage", "/session", "POST"],
] as const;

const isApi = ([service]: Target) => service === "telemessage";
const withoutApi = targets.filter((target) => !isApi(target)) as [Target, ...Target[]];

/** An HTTP date, written when the fault is set. */
export const inTwoSeconds = "in two seconds";

function effects(chance: Chance) {
  const soon = String(chance.between(1, 2));
  const html = { "content-type": "text/html" };
  return [
    ["lost", { loseResponse: true }],
    ["lost", { loseResponse: true }],
    ["late", { delayMs: chance.between(100, longestCommitMs) }],
    ["late", { delayMs: chance.between(100, longestCommitMs) }],
    ["throttled", { status: 429, headers: { "retry-after": soon }, body: { error: "slow down" } }],
    [
      "throttled",
      { status: 429, headers: { "retry-after": inTwoSeconds }, body: { error: "slow" } },
    ],
    ["busy", { status: 503, body: { error: { code: "serviceNotAvailable" } } }],
    ["broken", { status: 500, body: { error: { code: "internalServerError" } } }],
    ["gateway", { status: 504, body: "gateway" }],
    ["cut", { cutBodyAfter: chance.between(0, 30) }],
    ["html", { status: 200, headers: html, body: "<html><body>Sign in</body></html>" }],
  ] as const;
}

const habits = [
  { pages: { repeatEdge: true } },
  { pages: { empty: true } },
  { pages: { unsorted: true } },
  { pages: { drift: true } },
  { pages: { max: 5, drift: true, repeatEdge: true } },
  { tokenTtlSeconds: 1 },
  { cursorTtlSeconds: 0 },
  { cursorTtlSeconds: 1 },
  { manifest: "wrong" },
] as const;

/** With a cursor that is forgotten at once nothing gets on: that passes, or the storm would meet no work. */
function habit(chance: Chance) {
  const patch: Habit = chance.pick(habits);
  const forMs = patch["cursorTtlSeconds"] === 0 ? chance.between(300, 1_500) : null;
  return { kind: "habit" as const, patch, forMs };
}

function serviceStroke(chance: Chance, form: Form, { queue }: Ground): BareStroke {
  const all: [ServiceStroke, ...ServiceStroke[]] = ["cutConnections"];
  if (queue === "redis") all.push("flushRedis", "flushRedis");
  if (form.name === "long") {
    all.push("restartPostgres", "restartAzurite");
    if (queue === "redis") all.push("restartRedis");
  }
  return { kind: "service", what: chance.pick(all) };
}
