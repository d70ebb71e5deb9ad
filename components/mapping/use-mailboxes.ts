"use client";

import { useEffect, useState } from "react";

export type Suggestion = { readonly address: string; readonly displayName: string };

/** People rarely stop this long within a word. */
const pauseMs = 200;

/** Members of the directory whose name or address begins as typed; what cannot be asked suggests nothing. */
export function useMailboxes(typed: string): readonly Suggestion[] {
  const [found, setFound] = useState<readonly Suggestion[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      ask(typed, abort.signal).then(setFound, () => undefined);
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [typed]);
  return found;
}

async function ask(typed: string, signal: AbortSignal): Promise<readonly Suggestion[]> {
  if (typed.trim() === "") return [];
  const answer = await fetch("/api/mailboxes", {
    ...{ method: "POST", headers: { "content-type": "application/json" }, signal },
    body: JSON.stringify({ typed }),
  });
  return answer.ok ? ((await answer.json()) as readonly Suggestion[]) : [];
}
