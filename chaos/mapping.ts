/** The mapping as the administrator keeps it: which version is in force, and the next one uploaded. */
import { createHash } from "node:crypto";
import type { Actor } from "@/lib/core/access";
import type { Installation } from "./installation";
import { type Cast, mappingLines, type MappingState } from "./people";

type Mappings = Installation["portal"]["mappings"];

export function uploadMapping(
  mappings: Mappings,
  actor: Actor,
  cast: Cast,
  { connectorId, ...mapping }: MappingState & { readonly connectorId: string | null },
): ReturnType<Mappings["upload"]> {
  const lines = mappingLines(cast, mapping).map(({ mobile, upn }) => `${mobile},${upn}\n`);
  const bytes = Buffer.from(`Mobile,Email\n${lines.join("")}`);
  return mappings.upload(
    actor,
    {
      ...{ connectorId, fileName: "mapping.csv", sizeBytes: bytes.length, defaultCountry: null },
      sha256: createHash("sha256").update(bytes).digest("hex"),
    },
    (async function* () {
      yield bytes;
    })(),
    AbortSignal.timeout(20_000),
  );
}
