"use client";

import { useEffect, useState } from "react";
import {
  addDifferences,
  type DifferenceCounts,
  type DifferencePartView,
} from "@/lib/core/mapping-view";

export type Compared = {
  readonly state: "comparing" | "done" | "broken";
  readonly counts: DifferenceCounts;
  /** Compared so far, and in all. */
  readonly lines: number;
  readonly of: number;
  /** Null until a part has shown how long one takes. */
  readonly remainingMs: number | null;
};

/** Asks for part after part of a comparison of which the page brought the first. */
export function useDifference(from: string, first: DifferencePartView): Compared {
  const [compared, setCompared] = useState<Compared>(() => begun(first));

  useEffect(() => {
    const abort = new AbortController();
    const rest = async () => {
      let now = begun(first);
      let after = first.next;
      const startedAt = performance.now();
      while (after !== null) {
        const answer = await fetch(from, {
          ...{ method: "POST", headers: { "content-type": "application/json" } },
          ...{ signal: abort.signal, body: JSON.stringify({ kind: null, after }) },
        });
        if (!answer.ok) throw new Error(`Status ${answer.status}`);
        const part = (await answer.json()) as DifferencePartView | null;
        // Somebody put another version in force meanwhile.
        if (part === null) throw new Error("Nothing to compare with");
        const lines = now.lines + part.lines;
        const each = (performance.now() - startedAt) / Math.max(lines - first.lines, 1);
        after = part.next;
        now = {
          ...{ state: after === null ? "done" : "comparing", lines, of: part.of },
          counts: addDifferences(now.counts, part.counts),
          remainingMs: each * Math.max(part.of - lines, 0),
        };
        setCompared(now);
      }
    };
    rest().catch(() => {
      if (!abort.signal.aborted) setCompared((last) => ({ ...last, state: "broken" }));
    });
    return () => abort.abort();
  }, [from, first]);

  return compared;
}

function begun({ counts, lines, of, next }: DifferencePartView): Compared {
  return {
    ...{ state: next === null ? "done" : "comparing", counts, lines, of },
    remainingMs: null,
  };
}
