/** How much of what a mailbox allows is used, when whoever asks for more is refused. */
import { exchangeLimits } from "@/lib/core/pacing";
import { install } from "../installation";
import { type Context, type Measure, type Row } from "../row";
import { readStats, type Quota, tenantId } from "../simulator";

const windows = 3;

type Case = {
  readonly name: string;
  readonly mailboxes: number;
  /** What the simulator enforces, and what the product keeps to. */
  readonly enforced: Quota;
  readonly kept: Quota;
};

const short = { enforced: { count: 500, seconds: 30 }, kept: { count: 480, seconds: 30 } };
const real = { enforced: { count: 10_000, seconds: 600 }, kept: exchangeLimits.requests };

export const limits: Row = {
  name: "limits",
  seconds: 205,
  about: `${windows} windows of 500 requests in 30 s, 1 and 10 mailboxes`,
  // Each of the three windows is a measurement already, and takes its 30 seconds on any machine.
  runs: 1,
  measure: async (context) => [
    ...(await use(context, { name: "limits, 1 mailbox", mailboxes: 1, ...short })),
    ...(await use(context, { name: "limits, 10 mailboxes", mailboxes: 10, ...short })),
  ],
};

export const limitsReal: Row = {
  name: "limits-real",
  seconds: 1850,
  about: `${windows} windows of 10,000 requests in 10 minutes, 1 mailbox: half an hour`,
  runs: 1,
  isByHand: true,
  measure: (context) =>
    use(context, { name: "limits, 1 mailbox, real numbers", mailboxes: 1, ...real }),
};

/** Requests of the fullest windows: from one beginning to write to the third after it. */
async function use({ services }: Context, wanted: Case): Promise<readonly Measure[]> {
  const { name, mailboxes, enforced, kept } = wanted;
  const perMailbox = windows * kept.count + Math.ceil(kept.count / 4);
  const world = {
    items: perMailbox * mailboxes,
    mailboxes,
    copies: 1,
    requests: enforced,
  } as const;
  const traffic = { requests: kept, bytes: { count: 1e12, seconds: kept.seconds } };
  const installation = await install(services, world, {
    workers: 1,
    limits: { traffic },
    patienceMs: (windows + 1) * enforced.seconds * 1000 + 300_000,
  });
  try {
    const run = await installation.closed(await installation.finish());
    const shares = await installation.outside.database.query<{ messages: number; seconds: number }>(
      spansByMailbox,
      [tenantId, run.id, windows * kept.count],
    );
    const perWindow = shares.map(
      ({ messages, seconds }) => (messages / seconds) * enforced.seconds,
    );
    const { throttled } = await readStats(services.urls.control);
    const refused = Object.values(throttled).reduce((sum, count) => sum + count, 0);
    return [
      {
        ...{ name, unit: `requests per ${enforced.seconds} s and mailbox` },
        ...{ ours: Math.min(...perWindow), floor: enforced.count, goal: { ratioAtLeast: 0.93 } },
      },
      {
        ...{ name: `${name}, refused with 429`, unit: "requests" },
        ...{ ours: refused, floor: null, goal: { atMost: 0 } },
      },
    ];
  } finally {
    await installation.close();
  }
}

/** Per mailbox: from the first message to the one that begins the window after the last. */
const spansByMailbox = `
  WITH numbered AS (
    SELECT "mailboxId", "completedAt",
      row_number() OVER (PARTITION BY "mailboxId" ORDER BY "completedAt") AS n
    FROM "Delivery" WHERE "tenantId" = $1 AND "runId" = $2)
  SELECT $3::int AS "messages",
    extract(epoch FROM max("completedAt") FILTER (WHERE n = $3 + 1) - min("completedAt"))::float8 AS "seconds"
  FROM numbered GROUP BY "mailboxId"`;
