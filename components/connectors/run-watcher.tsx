"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import type { ConnectorDetail } from "@/lib/core/view";

/**
 * The items below and their buttons are rendered by the server: asked for again when a run appears
 * or changes its state, and when the connector does.
 */
export function RunWatcher({ detail }: { readonly detail: ConnectorDetail }) {
  const router = useRouter();
  const runs = detail.runs.map((run) => `${run.id} ${run.state}`);
  const states = [detail.state, ...runs].join();
  const before = useRef(states);
  useEffect(() => {
    if (before.current === states) return;
    before.current = states;
    router.refresh();
  }, [router, states]);
  return null;
}
