"use client";

import { Spinner } from "@fluentui/react-components";
import { startTransition, useEffect, useRef } from "react";
import { ActionForm, useFormAnswer } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import { counted } from "@/components/shell/format";
import type { FormAction } from "@/components/shell/form-state";
import { Instant } from "@/components/shell/instant";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import type { MappingFileView } from "@/lib/core/mapping-view";

export type UnknownMailbox = {
  readonly line: number;
  readonly externalId: string;
  readonly mailboxAddress: string;
};

type Props = {
  readonly file: MappingFileView;
  /** The first of them. */
  readonly unknown: readonly UnknownMailbox[];
  readonly check: FormAction;
  /** How bad lines are left out from here. */
  readonly leaveOut: {
    readonly action: FormAction;
    readonly fields: Readonly<Record<string, string>>;
  };
};

/** The mapping's mailboxes against the directory; asked for by itself when nobody has yet. */
export function DirectoryCheck({ file, unknown, check, leaveOut }: Props) {
  const { directory } = file;
  const bad = file.errors + (directory?.unknown ?? 0);
  return (
    <section className={page.wide} aria-labelledby="directory-check">
      <h2 id="directory-check" className={page.subheading}>
        Mailboxes in the directory
      </h2>
      {directory ? (
        <Notice kind={directory.unknown > 0 ? "warning" : "success"}>
          {counted(directory.found, "mailbox", "mailboxes")} found
          {directory.unknown > 0
            ? `, ${counted(directory.unknown, "address", "addresses")} unknown`
            : ""}
          {directory.withoutLicence > 0
            ? `, ${directory.withoutLicence} without an Exchange plan (shared mailboxes have none and work)`
            : ""}
          . Checked on <Instant at={directory.checkedAt} />.
        </Notice>
      ) : null}
      {unknown.length > 0 ? <UnknownTable rows={unknown} /> : null}
      <ActionForm action={check} className={page.buttons}>
        <input type="hidden" name="mappingFileId" value={file.id} />
        <CheckButton isFirst={directory === null} />
      </ActionForm>
      {bad > 0 && !file.leavesBadLinesOut ? (
        <ActionForm action={leaveOut.action} className={page.buttons}>
          {Object.entries(leaveOut.fields).map(([name, value]) => (
            <input key={name} type="hidden" name={name} value={value} />
          ))}
          <SubmitButton>Leave the bad lines out</SubmitButton>
        </ActionForm>
      ) : null}
      {bad > 0 && file.leavesBadLinesOut ? (
        <p className={page.quiet}>Bad lines are left out, as you chose.</p>
      ) : null}
    </section>
  );
}

function CheckButton({ isFirst }: { readonly isFirst: boolean }) {
  const { isPending, result } = useFormAnswer();
  const mark = useRef<HTMLSpanElement>(null);
  const isBegun = useRef(false);
  useEffect(() => {
    if (!isFirst || isBegun.current) return;
    isBegun.current = true;
    startTransition(() => mark.current?.closest("form")?.requestSubmit());
  }, [isFirst]);
  return (
    <span ref={mark} className={page.buttons}>
      {isPending ? (
        <Spinner size="tiny" label="The directory is read. This may take a minute." />
      ) : null}
      {!isPending && (!isFirst || result) ? <SubmitButton>Check again</SubmitButton> : null}
    </span>
  );
}

function UnknownTable({ rows }: { readonly rows: readonly UnknownMailbox[] }) {
  return (
    <div className={tables.scroller}>
      <table className={tables.table} aria-label="Unknown mailboxes">
        <thead>
          <tr>
            {["Line", "External id", "Unknown mailbox"].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.line}>
              <th scope="row">
                <span>{row.line}</span>
              </th>
              <td data-label="External id">{row.externalId}</td>
              <td data-label="Unknown mailbox">{row.mailboxAddress}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
