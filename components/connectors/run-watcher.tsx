"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import type { RunView } from "@/lib/core/view";

/** The items below are rendered by the server: asked for again when a run appears or changes its state. */
export function RunWatcher({ runs }: { readonly runs: readonly RunView[] }) {
  const router = useRouter();
  const states = runs.map((run) => `${run.id} ${run.state}`).join();
  const before = useRef(states);
  useEffect(() => {
    if (before.current === states) return;
    before.current = states;
    router.refresh();
  }, [router, states]);
  return null;
}
