"use client";

import { Checkbox, Field } from "@fluentui/react-components";
import { useEffect, useRef, useState } from "react";
import { useFormAnswer } from "@/components/shell/action-form";
import { Notice } from "@/components/shell/notice";
import { isHostKeyAsked } from "@/lib/core/delivery";
import styles from "./host-key-field.module.css";

/** The server's key: asked about once it is known, and again when it is another. */
export function HostKeyField({ pinned }: { readonly pinned: string | null }) {
  const { typed, result } = useFormAnswer();
  const notice = useRef<HTMLDivElement>(null);
  const asked = result?.ok === true && isHostKeyAsked(result.value) ? result.value.hostKey : null;
  const shown = asked ?? typed["shownHostKey"] ?? null;

  useEffect(() => {
    if (asked !== null) notice.current?.focus();
  }, [asked, result]);

  if (shown === null || shown === pinned) {
    return pinned === null ? null : (
      <p className={styles.pinned}>
        The server&apos;s key: <code>{pinned}</code>
      </p>
    );
  }
  const refusal = result?.ok === false ? result.fields?.["hostKey"] : undefined;
  return (
    <Notice
      ref={notice}
      kind={pinned === null ? "info" : "warning"}
      title={pinned === null ? "Compare the server's key" : "The server shows another key"}
    >
      <div className={styles.asked}>
        {pinned === null ? (
          <>
            <p>
              This is the fingerprint of the key that the server shows. Compare it with the one that
              whoever runs the server gave you. Until you confirm it nothing secret is sent.
            </p>
            <code>{shown}</code>
          </>
        ) : (
          <>
            <p>
              Either the server was given a new key, or something else answers in its place. Ask
              whoever runs the server before you confirm it; until then nothing secret is sent.
            </p>
            <dl className={styles.keys}>
              <dt>Confirmed before</dt>
              <dd>
                <code>{pinned}</code>
              </dd>
              <dt>Shown now</dt>
              <dd>
                <code>{shown}</code>
              </dd>
            </dl>
          </>
        )}
        <input type="hidden" name="shownHostKey" value={shown} />
        <Confirmation key={shown} hostKey={shown} refusal={refusal} />
      </div>
    </Notice>
  );
}

/** Sends the key that was confirmed, so that a box ticked for one key says nothing about the next. */
function Confirmation({
  hostKey,
  refusal,
}: {
  readonly hostKey: string;
  readonly refusal: string | undefined;
}) {
  const { typed } = useFormAnswer();
  const [isConfirmed, setConfirmed] = useState(typed["hostKey"] === hostKey);
  return (
    <Field
      {...(refusal === undefined
        ? {}
        : {
            validationState: "error" as const,
            validationMessage: { children: refusal, role: undefined },
          })}
    >
      <Checkbox
        name="hostKey"
        value={hostKey}
        label="The fingerprint is the server's"
        checked={isConfirmed}
        onChange={(_event, data) => setConfirmed(data.checked === true)}
      />
    </Field>
  );
}
