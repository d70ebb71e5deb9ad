"use client";

import { useSyncExternalStore } from "react";

/** False on the server and in the first rendering after it, true from then on. */
export function useIsAlive(): boolean {
  return useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  );
}
