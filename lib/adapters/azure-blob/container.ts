/** One container of block blobs, each written once under its name and never again. */
import { BlobServiceClient } from "@azure/storage-blob";
import type {
  BlockBlobClient,
  ContainerClient,
  ContainerListBlobFlatSegmentResponse,
} from "@azure/storage-blob";
import { SyncError } from "@/lib/core/errors";
import { call, hasCode, watched } from "./storage-call";

export type ContainerOptions = {
  /** One of the two: a connection string, or an account's address with managed identity. */
  readonly connectionString: string | null;
  readonly accountUrl: string | null;
  readonly container: string;
};

/** What is stored, and the wrapped data key from the blob's metadata, which every read brings. */
export type Stored<T> = { readonly wrappedKey: string; readonly bytes: T };
export type WrittenBlob = { readonly blobName: string; readonly writtenAt: Date };

export type Container = {
  /** A blob of one block is one request; a larger one is staged in blocks and then committed. */
  put(
    name: string,
    wrappedKey: string,
    parts: AsyncIterable<Buffer> | Iterable<Buffer>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Shorter than asked for where the blob ends. */
  read(name: string, offset: number, length: number, signal: AbortSignal): Promise<Stored<Buffer>>;
  /** From a byte of the blob on. */
  stream(
    name: string,
    offset: number,
    signal: AbortSignal,
  ): Promise<Stored<AsyncIterable<Uint8Array>>>;
  remove(name: string, signal: AbortSignal): Promise<void>;
  list(prefix: string, signal: AbortSignal): AsyncIterable<WrittenBlob>;
};

/** What is held in memory of a blob while it is written. */
const blockBytes = 4 * 1024 * 1024;
const writeOnce = { ifNoneMatch: "*" };
const retryOptions = { maxTries: 3, retryDelayInMs: 400, maxRetryDelayInMs: 4_000 };

export function openContainer(options: ContainerOptions): Container {
  let opened: Promise<ContainerClient> | undefined;
  const blobOf = async (name: string) => (await client()).getBlockBlobClient(name);
  const client = () => (opened ??= connect(options));

  return {
    async put(name, wrappedKey, parts, signal) {
      const container = await client();
      const blob = container.getBlockBlobClient(name);
      const blocks: string[] = [];
      let held: Buffer[] = [];
      let heldBytes = 0;
      const stage = async () => {
        const body = Buffer.concat(held);
        const id = Buffer.from(String(blocks.length).padStart(6, "0")).toString("base64");
        await call(signal, (abortSignal) =>
          creating(container, () => blob.stageBlock(id, body, body.length, { abortSignal })),
        );
        blocks.push(id);
        held = [];
        heldBytes = 0;
      };
      for await (const part of parts) {
        held.push(part);
        heldBytes += part.length;
        if (heldBytes >= blockBytes) await stage();
      }
      if (blocks.length > 0 && heldBytes > 0) await stage();
      const whole = Buffer.concat(held);
      await call(signal, (abortSignal) => {
        const how = { abortSignal, metadata: { key: wrappedKey }, conditions: writeOnce };
        const write = (): Promise<unknown> =>
          blocks.length > 0
            ? blob.commitBlockList(blocks, how)
            : blob.upload(whole, whole.length, how);
        return creating(container, write).catch((error: unknown) =>
          unlessOurs(blob, wrappedKey, error, abortSignal),
        );
      });
    },

    async read(name, offset, length, signal) {
      const blob = await blobOf(name);
      return call(signal, async (abortSignal) => {
        const answer = await blob.download(offset, length, { abortSignal, maxRetryRequests: 2 });
        const chunks: Buffer[] = [];
        for await (const chunk of answer.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
        return { wrappedKey: answer.metadata?.["key"] ?? "", bytes: Buffer.concat(chunks) };
      });
    },

    async stream(name, offset, signal) {
      const blob = await blobOf(name);
      const life = new AbortController();
      const answer = await call(signal, (abortSignal) => {
        abortSignal.addEventListener("abort", () => life.abort(), { once: true });
        return blob.download(offset, undefined, { abortSignal: life.signal, maxRetryRequests: 5 });
      });
      const body = (answer.readableStreamBody ?? []) as AsyncIterable<Uint8Array>;
      return { wrappedKey: answer.metadata?.["key"] ?? "", bytes: watched(body, life, signal) };
    },

    async remove(name, signal) {
      const blob = await blobOf(name);
      await call(signal, (abortSignal) =>
        blob.deleteIfExists({ abortSignal }).catch((error: unknown) => {
          if (!hasCode(error, "ContainerNotFound")) throw error;
        }),
      );
    },

    async *list(prefix, signal) {
      const container = await client();
      let continuationToken: string | undefined = "";
      while (continuationToken !== undefined) {
        const page = await call(signal, (abortSignal) =>
          nextPage(container, { prefix, abortSignal }, continuationToken),
        );
        yield* page.blobs;
        continuationToken = page.next;
      }
    },
  };
}

type ListOptions = { readonly prefix: string; readonly abortSignal: AbortSignal };
type ListPage = { readonly blobs: readonly WrittenBlob[]; readonly next: string | undefined };

async function nextPage(
  container: ContainerClient,
  options: ListOptions,
  token: string | undefined,
): Promise<ListPage> {
  const settings = { maxPageSize: 1000, ...(token ? { continuationToken: token } : {}) };
  try {
    const pages = container.listBlobsFlat(options).byPage(settings);
    // Its types leave the page of a finished listing open.
    const page = (await pages.next()).value as ContainerListBlobFlatSegmentResponse | undefined;
    const blobs = (page?.segment.blobItems ?? []).map(({ name, properties }) => ({
      blobName: name,
      writtenAt: properties.lastModified,
    }));
    return { blobs, next: page?.continuationToken || undefined };
  } catch (error) {
    if (hasCode(error, "ContainerNotFound")) return { blobs: [], next: undefined };
    throw error;
  }
}

/** The container is made when the first write misses it, not by a request at every start. */
async function creating<T>(container: ContainerClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!hasCode(error, "ContainerNotFound")) throw error;
    await container.createIfNotExists();
    return work();
  }
}

/**
 * A write whose answer was lost is repeated by the client and then meets its own blob. The wrapped
 * key is random, so the blob that carries it is the one that was meant.
 */
async function unlessOurs(
  blob: BlockBlobClient,
  wrappedKey: string,
  error: unknown,
  abortSignal: AbortSignal,
): Promise<void> {
  if (!hasCode(error, "BlobAlreadyExists")) throw error;
  const { metadata } = await blob.getProperties({ abortSignal });
  if (metadata?.["key"] !== wrappedKey) throw error;
}

async function connect({ connectionString, accountUrl, container }: ContainerOptions) {
  if (connectionString !== null) {
    return BlobServiceClient.fromConnectionString(connectionString, {
      retryOptions,
    }).getContainerClient(container);
  }
  if (accountUrl === null) throw new SyncError("StagingUnavailable");
  // Loaded only where it is used: it is large, and most installations have a connection string.
  const { ManagedIdentityCredential } = await import("@azure/identity");
  const service = new BlobServiceClient(accountUrl, new ManagedIdentityCredential(), {
    retryOptions,
  });
  return service.getContainerClient(container);
}
