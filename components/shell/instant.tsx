"use client";

import { formatInstant, formatUtc } from "./format";
import { useZone } from "./zone";

/** An instant as the reader's clocks show it, with UTC behind it. */
export function Instant({ at }: { readonly at: string }) {
  const zone = useZone();
  return (
    <time dateTime={at} title={formatUtc(at)}>
      {zone === null ? `${formatInstant(at, "UTC")} UTC` : formatInstant(at, zone)}
    </time>
  );
}
