/** COPY in both directions over a plain connection: the fastest way rows get into PostgreSQL. */
import type pg from "pg";

/** What pg tells a query of its own making; its types leave these out. */
type Wire = {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
};

const chunkBytes = 64 * 1024;

/** The rows of a query, in COPY's own text form. */
export async function copyOut(client: pg.Client, query: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await run(client, `COPY (${query}) TO STDOUT`, {
    handleCopyData: ({ chunk }: { chunk: Buffer }) => void chunks.push(Buffer.from(chunk)),
  });
  return Buffer.concat(chunks);
}

/** @param target a table with the columns in the order of the rows */
export async function copyIn(client: pg.Client, target: string, rows: Buffer): Promise<void> {
  await run(client, `COPY ${target} FROM STDIN`, {
    handleCopyInResponse: (wire: Wire) => {
      for (let from = 0; from < rows.length; from += chunkBytes) {
        wire.sendCopyFromChunk(rows.subarray(from, from + chunkBytes));
      }
      wire.endCopyFrom();
    },
  });
}

function run(client: pg.Client, text: string, handlers: object): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | null = null;
    const query = {
      submit: (wire: Wire) => wire.query(text),
      handleError: (error: Error) => void (failure = error),
      handleCommandComplete: () => undefined,
      handleReadyForQuery: () => (failure === null ? resolve() : reject(failure)),
      ...handlers,
    };
    client.query(query as unknown as pg.Submittable);
  });
}
