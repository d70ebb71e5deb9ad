/** How much of everything: the short form belongs to the checks, the long one is for whoever doubts. */
export type Form = {
  readonly name: "short" | "long";
  readonly people: number;
  /** Messages; a group chat of three owners makes three records of one. */
  readonly messages: number;
  readonly sizeLimitMib: number;
  /** From 3 MB on a file needs an upload session. */
  readonly largestFileBytes: number;
  /** The nemesis strikes by how much of the work is done; where that stands still for so long, all the same. */
  readonly stillMs: number;
  /** When the archive gets what comes late. */
  readonly lateMs: number;
  /** The longest that a connector is paused, a password wrong, a mailbox full. */
  readonly deedMs: number;
  readonly processFaults: number;
  readonly wireFaults: number;
  readonly serviceFaults: number;
  readonly deeds: number;
  /** Of a delivery by SFTP: ZIPs of the messages, and what befalls the way to them and to Microsoft. */
  readonly drop: {
    readonly files: number;
    readonly lineFaults: number;
    readonly wireFaults: number;
  };
  /** "Recovery without a human" is bounded by this. */
  readonly quietMs: number;
  readonly latencyMs: { readonly graph: number; readonly telemessage: number };
};

export const forms: Readonly<Record<Form["name"], Form>> = {
  short: {
    name: "short",
    people: 7,
    messages: 32,
    ...{ sizeLimitMib: 1, largestFileBytes: 60_000 },
    ...{ stillMs: 250, lateMs: 400 },
    deedMs: 700,
    ...{ processFaults: 3, wireFaults: 8, serviceFaults: 1, deeds: 1 },
    drop: { files: 8, lineFaults: 3, wireFaults: 4 },
    quietMs: 40_000,
    latencyMs: { graph: 12, telemessage: 12 },
  },
  long: {
    name: "long",
    people: 14,
    messages: 130,
    ...{ sizeLimitMib: 5, largestFileBytes: 3_300_000 },
    ...{ stillMs: 500, lateMs: 3_000 },
    deedMs: 2_000,
    ...{ processFaults: 14, wireFaults: 26, serviceFaults: 4, deeds: 5 },
    drop: { files: 24, lineFaults: 10, wireFaults: 12 },
    quietMs: 120_000,
    latencyMs: { graph: 25, telemessage: 20 },
  },
};

/**
 * The product's limits, shortened in proportion: a late commit of the server stays well below the
 * time after which a doubtful create is looked for, as 30 s do below 45 s.
 */
export const impatience = {
  limits: {
    pageSize: 12,
    batchSize: 8,
    createBytes: 40_000,
    heartbeatMs: 200,
    silentMs: 1_200,
    laneLeaseMs: 700,
    laneRenewMs: 200,
    inDoubtMs: 2_600,
    tickLeaseMs: 200,
  },
  pace: {
    tickEveryMs: 250,
    dutiesEveryMs: 2_000,
    queueTiming: { lockDuration: 1_000, stalledInterval: 450 },
  },
} as const;

/** The longest the simulated server takes over a create whose sender has gone. */
export const longestCommitMs = 900;
