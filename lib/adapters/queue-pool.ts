/** The queue's connections on PostgreSQL: ours, so that they can be counted and, when mute, cut. */
import { Socket } from "node:net";
import { runMigrations, type PgPool } from "bullmq";
import pg from "pg";
import { queueSchema } from "@/lib/queue";

type QueuePool = {
  /** As BullMQ wants it; only its declaration of the overloads is narrower. */
  readonly pool: PgPool;
  /** Told what failed: where one connection has gone mute, all are cut, and made anew. */
  readonly cutIfMute: (error: Error) => void;
  readonly end: () => Promise<void>;
};

/** Nothing of a queue takes long; its waiting for jobs is a timer, and no statement. */
const answerDeadlineMs = 15_000;

/** A connection on which nobody answers does not hear that it is to end either. */
const farewellMs = 2_000;

export async function openPool(
  databaseUrl: string,
  max: number,
  onError: (error: Error) => void,
): Promise<QueuePool> {
  const url = new URL(databaseUrl);
  const given = url.searchParams.get("options");
  url.searchParams.delete("options");
  const sockets = new Set<Socket>();
  const pool = new pg.Pool({
    connectionString: url.href,
    // BullMQ does not set the path on a pool that is not its own.
    options: [given, `-c search_path=${queueSchema}`].filter(Boolean).join(" "),
    max,
    keepAlive: true,
    connectionTimeoutMillis: 3_000,
    query_timeout: answerDeadlineMs,
    stream: () => remembered(sockets),
  });
  pool.on("error", onError);
  // A connection that breaks while somebody has it is its own to tell; unheard, it would end the process.
  pool.on("connect", (client) => client.on("error", onError));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const cutIfMute = ({ message }: Error) => {
    if (message === "Query read timeout") cut();
  };
  const end = async () => {
    const timer = setTimeout(cut, farewellMs);
    try {
      await pool.end();
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client, queueSchema);
    } finally {
      client.release();
    }
    return { pool: pool as PgPool, cutIfMute, end };
  } catch (error) {
    await end();
    throw error;
  }
}

function remembered(sockets: Set<Socket>): Socket {
  const socket = new Socket();
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
  return socket;
}
