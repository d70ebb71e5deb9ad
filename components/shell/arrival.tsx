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
  const isFirst = useRef(true);
  useEffect(() => {
    calmAnnouncer();
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    // A refusal on the new page was there first.
    const target = document.querySelector<HTMLElement>('#main [role="alert"], #main h1');
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
