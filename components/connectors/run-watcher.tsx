"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import type { ConnectorDetail } from "@/lib/core/view";

/**
 * What is rendered by the server, items and their buttons: asked for again when a run appears or
 * changes its state, when the connector does, and when its mapping is another one or has been followed.
 */
export function RunWatcher({ detail }: { readonly detail: ConnectorDetail }) {
  const router = useRouter();
  const runs = detail.runs.map((run) => `${run.id} ${run.state}`);
  const mapping = `${detail.mappingFile?.id} ${detail.resolving === null}`;
  const states = [detail.state, mapping, ...runs].join();
  const before = useRef(states);
  useEffect(() => {
    if (before.current === states) return;
    before.current = states;
    router.refresh();
  }, [router, states]);
  return null;
}
