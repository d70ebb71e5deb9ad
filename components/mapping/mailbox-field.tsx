"use client";

import { Field, Input } from "@fluentui/react-components";
import { useId } from "react";
import { useField } from "@/components/shell/fields";
import { useMailboxes } from "./use-mailboxes";

type Props = { readonly defaultValue: string };

/**
 * The browser's own suggestions: they lie above its dialog, and take nothing over that somebody has
 * not picked. A list that completes by itself turns one address into a longer one.
 */
export function MailboxField({ defaultValue }: Props) {
  const listId = useId();
  const props = { name: "mailbox", label: "Mailbox", hint, defaultValue, required: true };
  const { ref, value, change, field, demand } = useField<HTMLInputElement>(props);
  const suggestions = useMailboxes(value);
  return (
    <Field {...field}>
      <Input
        input={{ ref, list: listId }}
        name="mailbox"
        value={value}
        maxLength={320}
        onChange={(_event, data) => change(data.value)}
        autoComplete="off"
        spellCheck={false}
        {...demand}
      />
      <datalist id={listId}>
        {suggestions.map(({ address, displayName }) => (
          <option key={address} value={address}>
            {displayName}
          </option>
        ))}
      </datalist>
    </Field>
  );
}

const hint = "Of a member of your organization: type how their name or address begins";
