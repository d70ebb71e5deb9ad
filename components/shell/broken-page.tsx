"use client";

import { Button } from "@fluentui/react-components";
import { Notice } from "./notice";
import page from "./page.module.css";

type Props = {
  readonly error: Error & { readonly digest?: string };
  readonly retry: () => void;
};

/** The digest is in the log beside what really happened; the message itself never reaches the browser. */
export function BrokenPage({ error, retry }: Props) {
  return (
    <div className={page.narrow}>
      <h1 className={page.heading}>This page could not be shown</h1>
      <Notice
        kind="refusal"
        actions={
          <Button appearance="primary" onClick={retry}>
            Try again
          </Button>
        }
      >
        Something went wrong{error.digest ? ` (reference ${error.digest})` : ""}. If it stays, give
        the reference to whoever runs this portal.
      </Notice>
    </div>
  );
}
