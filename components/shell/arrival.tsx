"use client";

import { usePathname } from "next/navigation";
import { useEffect, useLayoutEffect, useRef } from "react";

/**
 * What a browser does by itself with a new page and a client-side navigation does not: the focus goes
 * to the new page's heading, or to a refusal that came with the page, which nobody would read out.
 */
export function Arrival() {
  const path = usePathname();
  const before = useRef(path);
  useLayoutEffect(quietAnnouncer, []);
  useEffect(() => {
    const isNew = before.current !== path;
    before.current = path;
    const target =
      document.querySelector<HTMLElement>('#main [role="alert"]') ??
      (isNew ? document.querySelector<HTMLElement>("#main h1") : null);
    if (!target) return;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }, [path]);
  return null;
}

const announcer = "next-route-announcer";

/**
 * Next reads out the titles of new pages in an element that calls itself an alert, a word that is kept
 * for refusals here. It takes an element that is there already, so this one is there first.
 */
function quietAnnouncer(): void {
  if (document.getElementsByName(announcer).length > 0) return;
  const host = document.createElement(announcer);
  host.setAttribute("name", announcer);
  host.className = "visually-hidden";
  const reader = document.createElement("div");
  reader.setAttribute("role", "status");
  reader.setAttribute("aria-live", "assertive");
  host.attachShadow({ mode: "open" }).append(reader);
  document.body.append(host);
}
