"use client";

import { usePathname } from "next/navigation";
import { useEffect, useRef } from "react";

/**
 * What a browser does by itself with a new page and a client-side navigation does not: the focus goes
 * to the new page's heading. Next's own announcer reads the title; it calls itself an alert, which
 * here is kept for refusals.
 */
export function Arrival() {
  const path = usePathname();
  const before = useRef(path);
  useEffect(() => {
    calmAnnouncer();
    const isNew = before.current !== path;
    before.current = path;
    // A refusal that came with the page is read out by nobody unless it takes the focus.
    const target =
      document.querySelector<HTMLElement>('#main [role="alert"]') ??
      (isNew ? document.querySelector<HTMLElement>("#main h1") : null);
    if (!target) return;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }, [path]);
  return null;
}

function calmAnnouncer(framesLeft = 60): void {
  const announcer = document.querySelector("next-route-announcer")?.shadowRoot?.firstElementChild;
  if (announcer) announcer.setAttribute("role", "status");
  else if (framesLeft > 0) requestAnimationFrame(() => calmAnnouncer(framesLeft - 1));
}
