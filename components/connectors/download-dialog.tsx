"use client";

import { useState } from "react";
import { TextField } from "@/components/shell/fields";
import type { FormAction, FormState } from "@/components/shell/form-state";
import page from "@/components/shell/page.module.css";
import { PageDialog } from "@/components/shell/page-dialog";
import type { OriginalKind } from "@/lib/core/item-view";

type Props = {
  readonly connectorId: string;
  readonly itemId: string;
  readonly what: OriginalKind;
  readonly download: FormAction;
};

export const downloadTitles: Record<OriginalKind, string> = {
  message: "Download the canonical message",
  record: "Download the raw record",
};

/** Nothing leaves without a reason that somebody else can read in the audit. */
export function DownloadDialog({ connectorId, itemId, what, download }: Props) {
  const [href, setHref] = useState<string | null>(null);
  const begin = (state: FormState) => {
    const address = hrefOf(state);
    if (address === null) return;
    setHref(address);
    // An attachment: the page stays.
    window.location.assign(address);
  };
  return (
    <PageDialog
      title={downloadTitles[what]}
      closeTo={`/data-connectors/${connectorId}/items/${itemId}`}
      action={download}
      confirm="Download"
      keep="Cancel"
      onAnswer={begin}
      done={
        href === null ? null : (
          <p className={page.prose}>
            The download has begun and stands in the audit with your reason. If nothing happens,{" "}
            <a href={href} download>
              start it again
            </a>{" "}
            within two minutes.
          </p>
        )
      }
    >
      <p className={page.prose}>
        It holds what people wrote. It is composed anew from the staged original and compared with
        the ledger before it is sent. Your name, the item and the reason go into the audit.
      </p>
      <input type="hidden" name="connectorId" value={connectorId} />
      <input type="hidden" name="itemId" value={itemId} />
      <input type="hidden" name="what" value={what} />
      <TextField name="reason" label="Reason" maxLength={500} required />
    </PageDialog>
  );
}

function hrefOf({ result }: FormState): string | null {
  if (result?.ok !== true) return null;
  const { value } = result;
  const isThere = typeof value === "object" && value !== null && "href" in value;
  return isThere && typeof value.href === "string" ? value.href : null;
}
