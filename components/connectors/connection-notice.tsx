"use client";

import { Button } from "@fluentui/react-components";
import { Notice } from "@/components/shell/notice";
import type { Connection } from "./use-progress";

/** Says when the figures on the page no longer follow what happens. */
export function ConnectionNotice({ connection }: { readonly connection: Connection }) {
  if (connection === "live") return null;
  if (connection === "reconnecting") {
    return (
      <Notice kind="warning">
        The connection to the portal was lost. The figures are those of a moment ago; the page
        connects again by itself.
      </Notice>
    );
  }
  if (connection === "gone") {
    return (
      <Notice kind="warning">
        This connector was deleted. What it imported stays in the mailboxes.
      </Notice>
    );
  }
  return (
    <Notice
      kind="warning"
      actions={<Button onClick={() => window.location.reload()}>Reload the page</Button>}
    >
      The figures no longer follow: your session has ended. Reload the page to sign in again.
    </Notice>
  );
}
