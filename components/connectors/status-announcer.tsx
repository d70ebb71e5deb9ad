"use client";

import { useEffect, useRef, useState } from "react";

/** Reads out a status when it changes, and only then: progress itself would never stop talking. */
export function StatusAnnouncer({ words }: { readonly words: readonly string[] }) {
  const joined = words.join(". ");
  const before = useRef(joined);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (before.current === joined) return;
    const known = new Set(before.current.split(". "));
    before.current = joined;
    setSaid(words.filter((word) => !known.has(word)).join(". "));
  }, [joined, words]);
  return (
    <div role="status" className="visually-hidden">
      {said}
    </div>
  );
}
