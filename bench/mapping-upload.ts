/** A process that takes in mapping files as the portal does and tells what it took; see rows/mapping.ts. */
import { createReadStream } from "node:fs";
import type { Config } from "@/lib/config";
import type { Actor } from "@/lib/core/access";
import { closeOutside, createOutside, openPortal } from "@/lib/wiring";
import type { MappingFileFacts } from "./mapping-file";

export type UploadOrder = {
  readonly config: Config;
  readonly actor: Actor;
  readonly connectorId: string;
  /** Taken in first, so that what is measured is not the loading of code. */
  readonly small: MappingFileFacts;
  readonly large: MappingFileFacts;
};

export type UploadReport = {
  readonly fileId: string;
  readonly seconds: number;
  readonly idleMb: number;
  readonly peakMb: number;
};

const sampleEveryMs = 25;

process.on("message", (order: UploadOrder) => {
  void measure(order).then(
    (report) => process.send?.(report, () => process.disconnect()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function measure({ config, actor, connectorId, small, large }: UploadOrder) {
  const outside = createOutside(config, "portal");
  const portal = openPortal(config, outside);
  const upload = async ({ path, sizeBytes, sha256 }: MappingFileFacts) => {
    const input = { connectorId, fileName: "mapping.csv", sizeBytes, sha256, defaultCountry: null };
    const { signal } = new AbortController();
    const result = await portal.mappings.upload(actor, input, createReadStream(path), signal);
    if (!result.ok) throw new Error(result.message);
    return result.value.id;
  };
  await upload(small);
  globalThis.gc?.();
  const idleMb = residentMb();
  let peakMb = idleMb;
  const timer = setInterval(() => (peakMb = Math.max(peakMb, residentMb())), sampleEveryMs);
  const startedAt = performance.now();
  const fileId = await upload(large);
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(timer);
  await closeOutside(outside);
  return { fileId, seconds, idleMb, peakMb } satisfies UploadReport;
}

function residentMb(): number {
  return process.memoryUsage.rss() / 1024 / 1024;
}
