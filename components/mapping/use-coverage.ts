"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import type { CoverageStep, CoverageView } from "@/lib/core/coverage-view";

export type CoverageState =
  | { readonly phase: "idle" }
  | {
      readonly phase: "looking";
      readonly people: number;
      readonly items: number;
      readonly day: string | null;
    }
  | { readonly phase: "refused"; readonly message: string }
  | { readonly phase: "done"; readonly result: CoverageView };

/** Asks for the preview and follows it line by line. */
export function useCoverage() {
  const [state, setState] = useState<CoverageState>({ phase: "idle" });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const cancel = useCallback(() => {
    running.current?.abort();
    setState({ phase: "idle" });
  }, []);

  const start = useCallback(async () => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setState({ phase: "looking", people: 0, items: 0, day: null });
    try {
      const answer = await fetch("/api/mapping/preview", { method: "POST", signal: abort.signal });
      if (!answer.ok || answer.body === null) throw new Error(`Status ${answer.status}`);
      let isOver = false;
      for await (const step of stepsOf(answer.body)) {
        if (abort.signal.aborted) return;
        isOver = step.kind !== "progress";
        setState(stateAfter(step));
      }
      if (!isOver) throw new Error("The answer broke off");
    } catch {
      if (!abort.signal.aborted) setState({ phase: "refused", message: brokenOff });
    }
  }, []);

  return { state, start, cancel };
}

const brokenOff = "The preview broke off. Check the connection and try again.";

function stateAfter(step: CoverageStep): CoverageState {
  if (step.kind === "progress") return { ...step, phase: "looking" };
  return step.kind === "done"
    ? { phase: "done", result: step.result }
    : { phase: "refused", message: step.message };
}

async function* stepsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<CoverageStep> {
  const reader = body.getReader();
  const text = new TextDecoder();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (waiting + text.decode(value, { stream: true })).split("\n");
    waiting = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as CoverageStep;
  }
}
