"use client";

import { Button } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { DownloadButton } from "@/components/shell/buttons";
import { counted, formatCount } from "@/components/shell/format";
import { Notice, type NoticeKind } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { MappingFileView } from "@/lib/core/mapping-view";
import { LineTable } from "./line-table";
import { ProblemTable } from "./problem-table";

type Props = {
  readonly file: MappingFileView;
  readonly note: string | null;
  readonly decision: ReactNode;
  readonly remove: () => void;
};

/** What the portal found in the file. */
export function MappingResult({ file, note, decision, remove }: Props) {
  const problems = file.errors + file.warnings;
  return (
    <div className={page.wide} role="group" aria-label="Checked mapping file">
      <Notice
        kind={kindOf(file)}
        title={file.fileName}
        actions={
          <Button size="small" onClick={remove}>
            Remove file
          </Button>
        }
      >
        {summaryOf(file)}
      </Notice>
      <dl className={page.facts}>
        <Count name="Lines" count={file.lines} />
        <Count name="Usable lines" count={file.entries} />
        <Count name="Mailboxes" count={file.people} />
        <Count name="Phone numbers" count={file.numbers} />
        <Count name="Other ids" count={file.otherIds} />
        <Count name="Errors" count={file.errors} />
        <Count name="Warnings" count={file.warnings} />
      </dl>
      {file.ignoredColumns.length > 0 ? (
        <p className={page.quiet}>Columns that were ignored: {file.ignoredColumns.join(", ")}.</p>
      ) : null}
      {note ? <p className={page.quiet}>{note}</p> : null}
      {problems > 0 ? (
        <>
          <ProblemTable key={file.id} fileId={file.id} />
          <DownloadButton from={`/api/mapping/${file.id}/errors.csv`}>
            Download errors as CSV
          </DownloadButton>
          {decision}
        </>
      ) : null}
      {file.state === "checked" && file.lines > 0 ? (
        <>
          <h3 className={page.minor}>Lines of the file</h3>
          <LineTable key={file.id} fileId={file.id} isCompared={file.directory !== null} />
        </>
      ) : null}
    </div>
  );
}

function kindOf(file: MappingFileView): NoticeKind {
  if (file.state === "refused") return "refusal";
  return file.errors > 0 ? "warning" : "success";
}

function summaryOf(file: MappingFileView): string {
  if (file.state === "refused") return file.refusal ?? "The file cannot be used. See below why.";
  if (file.errors === 0) return `${counted(file.entries, "line")} can be used.`;
  return `${counted(file.errors, "error")}. Mend the file and upload it again, or choose to leave the bad lines out.`;
}

function Count({ name, count }: { readonly name: string; readonly count: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{formatCount(count)}</dd>
    </div>
  );
}
