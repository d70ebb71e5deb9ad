"use client";

import { type ReactNode, createContext, useContext, useEffect, useSyncExternalStore } from "react";

const Zone = createContext<string | null>(null);

/** The zone the reader's clocks show; null until the browser has told it, and then UTC is shown. */
export function useZone(): string | null {
  return useContext(Zone);
}

type Props = {
  /** As the browser told it last time; the first rendering must be the server's. */
  readonly zone: string | null;
  readonly children: ReactNode;
};

export function ZoneProvider({ zone, children }: Props) {
  const known = useSyncExternalStore(neverChanges, browserZone, () => zone);
  useEffect(() => {
    if (known === null) return;
    document.cookie = `zone=${encodeURIComponent(known)}; path=/; max-age=31536000; samesite=lax`;
  }, [known]);
  return <Zone.Provider value={known}>{children}</Zone.Provider>;
}

function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function neverChanges(): () => void {
  return () => {};
}
