import type { ReactNode } from "react";
import tables from "./table.module.css";

type Props = { readonly label: string; readonly children: ReactNode };

/** Round a table that may be wider than its page and need hold nothing to put the focus on: it scrolls by arrow keys. */
export function TableScroller({ label, children }: Props) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- without the focus nobody could scroll it by keyboard (WCAG 2.1.1)
    <div className={tables.scroller} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
