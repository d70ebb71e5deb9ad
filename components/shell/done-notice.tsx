"use client";

import { useEffect, useRef } from "react";
import { Notice } from "./notice";

/** What an act came to. The button it was asked for with may be gone; then the focus comes here. */
export function DoneNotice({ message }: { readonly message: string | null }) {
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (message !== null && document.activeElement === document.body) notice.current?.focus();
  }, [message]);
  if (message === null) return null;
  return (
    <Notice kind="success" ref={notice}>
      {message}
    </Notice>
  );
}
