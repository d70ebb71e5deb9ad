"use client";

import { Button } from "@fluentui/react-components";
import { Notice } from "@/components/shell/notice";
import styles from "@/components/shell/page.module.css";

/** The digest is in the log beside what really happened; the message itself never reaches the browser. */
export default function ErrorPage({
  error,
  reset,
}: {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}) {
  return (
    <div className={styles.narrow}>
      <h1 className={styles.heading}>This page could not be shown</h1>
      <Notice
        kind="refusal"
        actions={
          <Button appearance="primary" onClick={reset}>
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
