"use client";

import { Button, Field, Input } from "@fluentui/react-components";
import { Copy20Regular } from "@fluentui/react-icons/svg/copy";
import { useState } from "react";
import { ActionForm } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import type { FormAction, FormState } from "@/components/shell/form-state";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import type { ConsentView } from "@/lib/core/wizard-view";
import styles from "./hand-over.module.css";

type Props = {
  readonly links: ConsentView["handedOver"];
  readonly actions: { readonly handOver: FormAction; readonly revoke: FormAction };
};

/** For everybody who is no Global Administrator: a link for somebody who is. */
export function HandOver({ links, actions }: Props) {
  const [link, setLink] = useState<string | null>(null);
  return (
    <section className={page.wide} aria-labelledby="hand-over">
      <h2 id="hand-over" className={page.subheading}>
        Not a Global Administrator?
      </h2>
      <p className={page.quiet}>
        Make a link and send it to one. It needs no account in this portal, works once, and is good
        for 7 days. You can close this page meanwhile: the wizard goes on where you left it.
      </p>
      <ActionForm
        action={actions.handOver}
        className={page.buttons}

        onAnswer={(state) => setLink(linkOf(state))}
      >
        <SubmitButton>Make a link</SubmitButton>
      </ActionForm>
      {link ? <ShownLink link={link} /> : null}
      {links.length > 0 ? (
        <ul className={page.prose}>
          {links.map(({ id, expiresAt }) => (
            <li key={id}>
              <ActionForm action={actions.revoke} className={page.buttons}>
                <input type="hidden" name="consentId" value={id} />
                <span>
                  A link that is good until <Instant at={expiresAt} />
                </span>
                <SubmitButton look="subtle">Revoke</SubmitButton>
              </ActionForm>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function ShownLink({ link }: { readonly link: string }) {
  const [isCopied, setCopied] = useState(false);
  return (
    <div className={styles.link}>
      <Field
        label="Link"
        hint="It is shown this once only."
        {...(isCopied ? { validationState: "success" as const, validationMessage: "Copied" } : {})}
      >
        <Input value={link} readOnly onFocus={(event) => event.currentTarget.select()} />
      </Field>
      <Button
        icon={<Copy20Regular />}
        onClick={() => void navigator.clipboard.writeText(link).then(() => setCopied(true))}
      >
        Copy
      </Button>
    </div>
  );
}

function linkOf({ result }: FormState): string | null {
  if (result?.ok !== true) return null;
  const { value } = result;
  const hasUrl = typeof value === "object" && value !== null && "url" in value;
  return hasUrl && typeof value.url === "string" ? value.url : null;
}
