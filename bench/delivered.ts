/** A process that reads a delivery as a worker does, or as a bare script would; see rows/delivered.ts. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import PostalMime from "postal-mime";
import ssh2 from "ssh2";
import { openPromise } from "yauzl";
import type { Config } from "@/lib/config";
import type { SftpCredential } from "@/lib/ports/source";
import { closeOutside, createOutside, createSyncParts, sync } from "@/lib/wiring";

export type DeliveredOrder =
  | { readonly reader: "ours"; readonly config: Config; readonly runId: string }
  | {
      readonly reader: "script";
      readonly server: Pick<SftpCredential, "host" | "port" | "username" | "folder" | "privateKey">;
      readonly names: readonly string[];
    };

export type DeliveredReport = { readonly seconds: number; readonly peakMb: number };

const sampleEveryMs = 25;

process.on("message", (order: DeliveredOrder) => {
  void measure(order).then(
    (report) => process.send?.(report, () => process.disconnect()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function measure(order: DeliveredOrder): Promise<DeliveredReport> {
  let peakMb = 0;
  const sample = () => (peakMb = Math.max(peakMb, process.memoryUsage.rss() / 1024 / 1024));
  const timer = setInterval(sample, sampleEveryMs);
  const seconds = order.reader === "ours" ? await transfer(order) : await unzipAndParse(order);
  clearInterval(timer);
  sample();
  return { seconds, peakMb };
}

/** From the claim of the run to all of it staged and recorded; nobody imports. */
async function transfer({ config, runId }: DeliveredOrder & { reader: "ours" }): Promise<number> {
  const outside = createOutside(config, "worker");
  const unheard = { pokeTransfer: async () => {}, pokeLanes: async () => {} };
  const parts = { ...createSyncParts(config, outside), queue: unheard };
  const startedAt = performance.now();
  await sync.transferRun(parts, runId, new AbortController().signal);
  const seconds = (performance.now() - startedAt) / 1000;
  await closeOutside(outside);
  return seconds;
}

/** Brought here by the same protocol, unzipped and parsed by the same libraries, and forgotten. */
async function unzipAndParse({ server, names }: DeliveredOrder & { reader: "script" }) {
  const directory = await mkdtemp(join(tmpdir(), "bare-"));
  const client = new ssh2.Client();
  const startedAt = performance.now();
  try {
    const { host, port, username, privateKey } = server;
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve).once("error", reject);
      client.connect({ host, port, username, privateKey: privateKey ?? "" });
    });
    const sftp = await promisify(client.sftp.bind(client))();
    for (const name of names) {
      const path = join(directory, name);
      await new Promise<void>((resolve, reject) => {
        sftp.fastGet(`${server.folder}/${name}`, path, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
      await parseAll(path);
      await rm(path);
    }
    return (performance.now() - startedAt) / 1000;
  } finally {
    client.end();
    await rm(directory, { recursive: true });
  }
}

async function parseAll(path: string): Promise<void> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false });
  for await (const entry of zip.eachEntry()) {
    if (!entry.fileName.endsWith(".eml")) continue;
    await PostalMime.parse(await buffer(await zip.openReadStreamPromise(entry)));
  }
  zip.close();
}
