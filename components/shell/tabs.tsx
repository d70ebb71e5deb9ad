"use client";

import Link from "next/link";
import type { KeyboardEvent } from "react";
import styles from "./tabs.module.css";

export type TabItem = { readonly id: string; readonly label: string; readonly href: string };

type Props = {
  readonly label: string;
  readonly tabs: readonly TabItem[];
  readonly selected: string;
};

/** Tabs that are addresses: a tab can be linked to, reloaded, and works before any script has run. */
export function Tabs({ label, tabs, selected }: Props) {
  return (
    <div role="tablist" aria-label={label} className={styles.tabs}>
      {tabs.map((tab) => (
        <Link
          key={tab.id}
          id={`tab-${tab.id}`}
          href={tab.href}
          role="tab"
          aria-selected={tab.id === selected}
          aria-controls={tab.id === selected ? `panel-${tab.id}` : undefined}
          tabIndex={tab.id === selected ? 0 : -1}
          className={styles.tab}
          onKeyDown={moveFocus}
        >
          {tab.label}
        </Link>
      ))}
    </div>
  );
}

function moveFocus(event: KeyboardEvent<HTMLAnchorElement>) {
  const tabs = [...(event.currentTarget.parentElement?.querySelectorAll("a") ?? [])];
  const at = tabs.indexOf(event.currentTarget);
  const next = {
    ArrowRight: tabs[(at + 1) % tabs.length],
    ArrowLeft: tabs[(at - 1 + tabs.length) % tabs.length],
    Home: tabs[0],
    End: tabs[tabs.length - 1],
  }[event.key];
  if (event.key === " ") event.currentTarget.click();
  if (!next && event.key !== " ") return;
  event.preventDefault();
  next?.focus();
}
