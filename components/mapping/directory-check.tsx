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
import type { MappingFileView } from "@/lib/core/mapping-view";
import { LineTable } from "./line-table";

type Props = {
  readonly file: MappingFileView;
  readonly check: FormAction;
  /** How bad lines are left out from here; null where the form below asks for it. */
  readonly leaveOut: {
    readonly action: FormAction;
    readonly fields: Readonly<Record<string, string>>;
  } | null;
};

/** The mapping's mailboxes against the directory; asked for by itself when nobody has yet. */
export function DirectoryCheck({ file, check, leaveOut }: Props) {
  const { directory } = file;
  const bad = file.errors + (directory?.unknown ?? 0);
  return (
    <section className={page.wide} aria-labelledby="directory-check">
      <h2 id="directory-check" className={page.subheading}>
        Mailboxes in the directory
      </h2>
      {directory ? (
        <Notice kind={bad > 0 ? "warning" : "success"}>
          {counted(directory.found, "mailbox", "mailboxes")} found
          {directory.unknown > 0
            ? `, ${counted(directory.unknown, "address", "addresses")} unknown`
            : ""}
          {directory.withoutLicence > 0
            ? `, ${directory.withoutLicence} without an Exchange plan (shared mailboxes have none and work)`
            : ""}
          . {file.errors > 0 ? `The file has ${counted(file.errors, "error")}. ` : ""}Checked on{" "}
          <Instant at={directory.checkedAt} />.
        </Notice>
      ) : null}
      <ActionForm action={check} className={page.buttons}>
        <input type="hidden" name="mappingFileId" value={file.id} />
        <CheckButton isFirst={directory === null} />
      </ActionForm>
      {bad > 0 && !file.leavesBadLinesOut && leaveOut ? (
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
      {directory ? (
        <LineTable
          key={`${file.id} ${directory.checkedAt}`}
          fileId={file.id}
          isCompared
          begin={bad > 0 ? "bad" : null}
        />
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
