"use client";

import { type ReactNode, createContext, useContext, useEffect, useState } from "react";

const Zone = createContext<string | null>(null);

/** The zone the reader's clocks show; null until the browser has told it, and then UTC is shown. */
export function useZone(): string | null {
  return useContext(Zone);
}

export function ZoneProvider({
  zone,
  children,
}: {
  readonly zone: string | null;
  readonly children: ReactNode;
}) {
  const [known, setKnown] = useState(zone);
  useEffect(() => {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    setKnown(timeZone);
    document.cookie = `zone=${encodeURIComponent(timeZone)}; path=/; max-age=31536000; samesite=lax`;
  }, []);
  return <Zone.Provider value={known}>{children}</Zone.Provider>;
}
