"use client";

import { useEffect, useState } from "react";
import type { MappingLineFilter, MappingLineView } from "@/lib/core/mapping-view";
import type { PageOf } from "@/lib/core/view";

export type LinesLoad = {
  /** The page that was asked for last, or the one before while it is awaited; null before the first. */
  readonly page: PageOf<MappingLineView> | null;
  readonly isLoading: boolean;
  readonly isBroken: boolean;
};

type Asked = MappingLineFilter & { readonly fileId: string; readonly after: string | null };
type Answer = { readonly to: string; readonly page: PageOf<MappingLineView> | null };

/** One page of a version's lines, asked anew whenever the question changes. */
export function useLines({ fileId, state, search, after }: Asked): LinesLoad {
  const [answer, setAnswer] = useState<Answer>({ to: "", page: null });
  const [broken, setBroken] = useState("");
  const question = JSON.stringify({ state, search, after });
  const key = `${fileId} ${question}`;

  useEffect(() => {
    const abort = new AbortController();
    fetch(`/api/mapping/${fileId}/lines`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: question,
      signal: abort.signal,
    })
      .then(async (response) => {
        if (!response.ok) throw new Error(`Status ${response.status}`);
        setAnswer({ to: key, page: (await response.json()) as PageOf<MappingLineView> });
      })
      .catch(() => {
        if (!abort.signal.aborted) setBroken(key);
      });
    return () => abort.abort();
  }, [fileId, question, key]);

  return {
    page: answer.page,
    isLoading: answer.to !== key && broken !== key,
    isBroken: broken === key && answer.to !== key,
  };
}
