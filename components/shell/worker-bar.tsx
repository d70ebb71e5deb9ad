"use client";

import { useSyncExternalStore } from "react";
import styles from "./frame.module.css";

let isSilent: boolean | null = null;
const listeners = new Set<() => void>();

/** Pages with a stream of progress tell the bar what they hear. */
export function reportWorker(silent: boolean): void {
  if (silent === isSilent) return;
  isSilent = silent;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Nothing is imported while no worker runs, whatever the statuses say. */
export function WorkerBar({ initiallySilent }: { readonly initiallySilent: boolean }) {
  const heard = useSyncExternalStore(
    subscribe,
    () => isSilent,
    () => null,
  );
  return (
    <div role="status">
      {(heard ?? initiallySilent) ? (
        <p className={styles.silent}>
          <strong>No worker has answered for 60 seconds.</strong> Nothing is imported until one
          runs. Nothing is lost: imports continue where they stopped.
        </p>
      ) : null}
    </div>
  );
}
