"use client";

import { Button, Checkbox, Field, Input, Textarea } from "@fluentui/react-components";
import { Copy20Regular } from "@fluentui/react-icons/svg/copy";
import { useRef, useState } from "react";
import page from "@/components/shell/page.module.css";
import { contentSearch, type SearchField } from "@/lib/core/content-search";
import styles from "./content-search.module.css";

type Wishes = Readonly<Record<SearchField, string>>;

/** Ready queries for Microsoft Purview. What is typed here stays in the browser: it may name people. */
export function ContentSearch({ connectorId }: { readonly connectorId: string }) {
  const [wishes, setWishes] = useState<Wishes>({ person: "", conversation: "", day: "" });
  const [isHereOnly, setHereOnly] = useState(true);
  const search = contentSearch({ ...wishes, connectorId: isHereOnly ? connectorId : null });
  const field = (name: SearchField) => ({
    value: wishes[name],
    refusal: search.ok ? undefined : search.fields[name],
    onChange: (text: string) => setWishes((before) => ({ ...before, [name]: text })),
  });
  return (
    <section className={page.section} aria-labelledby="content-search">
      <h2 id="content-search" className={page.subheading}>
        Find in Content Search
      </h2>
      <p className={page.prose}>
        A query for the keyword box of a search in Microsoft Purview. Leave empty what does not
        matter.
      </p>
      <div className={styles.wishes}>
        <Wish label="Person" hint="A number, a name or a mailbox" {...field("person")} />
        <Wish
          label="Conversation"
          hint="A group's name, or the conversation id at the end of a message"
          {...field("conversation")}
        />
        <Wish label="Day sent" hint="From midnight to midnight UTC" type="date" {...field("day")} />
      </div>
      <Checkbox
        label="Only what this connector imported"
        checked={isHereOnly}
        onChange={(_event, { checked }) => setHereOnly(checked === true)}
      />
      <p className={page.quiet}>
        Another connector of the same account, such as one that was deleted, has marked its messages
        with an id of its own.
      </p>
      {search.ok ? (
        <Query key={search.query} text={search.query} />
      ) : (
        <p className={page.prose}>Correct what is marked above to get the query.</p>
      )}
    </section>
  );
}

type WishProps = {
  readonly label: string;
  readonly hint: string;
  readonly type?: "text" | "date";
  readonly value: string;
  readonly refusal: string | undefined;
  readonly onChange: (text: string) => void;
};

function Wish({ label, hint, type = "text", value, refusal, onChange }: WishProps) {
  const state = refusal === undefined ? {} : { validationMessage: refusal };
  return (
    <Field label={label} hint={hint} {...state}>
      <Input
        type={type}
        value={value}
        autoComplete="off"
        maxLength={200}
        onChange={(_event, data) => onChange(data.value)}
      />
    </Field>
  );
}

function Query({ text }: { readonly text: string }) {
  const [said, setSaid] = useState("");
  const shown = useRef<HTMLDivElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("The query was copied.");
    } catch {
      // Without https, or where it was forbidden, a page may not write there.
      shown.current?.querySelector("textarea")?.select();
      setSaid("The browser did not let it be copied. It is selected: copy it with the keyboard.");
    }
  };
  return (
    <>
      <div ref={shown} className={styles.found}>
        <Field label="Query">
          <Textarea value={text} readOnly resize="vertical" rows={3} />
        </Field>
        <Button icon={<Copy20Regular />} onClick={() => void copy()}>
          Copy query
        </Button>
      </div>
      <div role="status" className={page.quiet}>
        {said}
      </div>
    </>
  );
}
