/** The clock. Time is an argument everywhere; this is where it comes from. */
export type Clock = { now(): Date };

/** One source of chance for back-off, so that tests can fix it. Answers in [0, 1). */
export type Random = () => number;

/**
 * What the process tells the log: a name and scalar fields, ids above all.
 * Message text, names, addresses and secrets never go in.
 */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export type Log = {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields, error?: unknown): void;
};

/** The messenger: delivers ids, promises nothing. Losing it costs a tick, never data. */
export type RunQueue = {
  /** @throws when the queue cannot be reached; the next tick says it again. */
  pokeTransfer(runId: string): Promise<void>;
  pokeLanes(laneIds: readonly string[]): Promise<void>;
};

/** Seals short secrets (passwords) with AES-256-GCM under a key id, bound to where they belong. */
export type SecretBox = {
  /** @param context what the secret is bound to, e.g. `credential:{tenantId}:{id}` */
  seal(plain: string, context: string): Uint8Array;
  /** @throws when the box was changed, belongs elsewhere, or its key is not there */
  open(sealed: Uint8Array, context: string): string;
};
