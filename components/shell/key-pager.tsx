"use client";

import { Button } from "@fluentui/react-components";
import page from "./page.module.css";

type Props = {
  /** The keys of the pages gone through, the newest last. */
  readonly keys: readonly string[];
  readonly next: string | null;
  readonly earlier: string;
  readonly more: string;
  readonly go: (keys: readonly string[]) => void;
};

/** Back and forth in a list that is paged by key; nothing where one page is all. */
export function KeyPager({ keys, next, earlier, more, go }: Props) {
  if (keys.length === 0 && next === null) return null;
  return (
    <div className={page.buttons}>
      <Button size="small" disabled={keys.length === 0} onClick={() => go(keys.slice(0, -1))}>
        {earlier}
      </Button>
      <Button
        size="small"
        disabled={next === null}
        onClick={() => next !== null && go([...keys, next])}
      >
        {more}
      </Button>
    </div>
  );
}
