"use client";

import { Button } from "@fluentui/react-components";
import Form from "next/form";
import Link from "next/link";
import { useState } from "react";
import { ActionForm } from "@/components/shell/action-form";
import { addressWith } from "@/components/shell/address";
import { SubmitButton } from "@/components/shell/buttons";
import { SelectField, TextField } from "@/components/shell/fields";
import { counted } from "@/components/shell/format";
import type { FormAction, FormState } from "@/components/shell/form-state";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import tables from "@/components/shell/table.module.css";
import type { AuditRow, ChainReport, PageOf } from "@/lib/core/view";
import styles from "./audit-page.module.css";
import { AuditTable } from "./audit-table";

type Named = { readonly id: string; readonly name: string };

type Props = {
  readonly events: PageOf<AuditRow>;
  readonly facets: { readonly people: readonly Named[]; readonly connectors: readonly Named[] };
  readonly filter: {
    readonly person: string;
    readonly connector: string;
    readonly day: string;
    readonly after: string;
  };
  readonly verify: FormAction;
};

export function AuditPage({ events, facets, filter, verify }: Props) {
  const [report, setReport] = useState<ChainReport | null>(null);
  const address = (after: string | null) => addressWith("/audit", { ...filter, after });
  return (
    <div className={page.wide}>
      <h1 className={page.heading}>Audit</h1>
      <p className={page.lead}>
        Who did what, newest first. Every event is chained to the one before it, so that a change
        afterwards cannot hide.
      </p>
      <div className={styles.tools}>
        <Form action="/audit" className={styles.filter} role="search" aria-label="Filter events">
          <Choice name="person" label="Person" options={facets.people} value={filter.person} />
          <Choice
            name="connector"
            label="Connector"
            options={facets.connectors}
            value={filter.connector}
          />
          <TextField name="day" label="Day (UTC)" type="date" defaultValue={filter.day} />
          <Button type="submit">Filter</Button>
        </Form>
        <ActionForm action={verify} onAnswer={(state) => setReport(reportOf(state))}>
          <SubmitButton>Verify chain</SubmitButton>
        </ActionForm>
      </div>
      {report ? <Report report={report} /> : null}
      <div className={tables.scroller}>
        <AuditTable rows={events.rows} />
      </div>
      <nav className={page.buttons} aria-label="Pages of events">
        {filter.after ? <Link href={address(null)}>Newest events</Link> : null}
        {events.next ? <Link href={address(events.next)}>Older events</Link> : null}
      </nav>
    </div>
  );
}

function Choice({
  name,
  label,
  options,
  value,
}: {
  readonly name: string;
  readonly label: string;
  readonly options: readonly Named[];
  readonly value: string;
}) {
  return (
    <SelectField name={name} label={label} defaultValue={value}>
      <option value="">All</option>
      {options.map((option) => (
        <option key={option.id} value={option.id}>
          {option.name}
        </option>
      ))}
    </SelectField>
  );
}

function Report({ report }: { readonly report: ChainReport }) {
  if (!report.ok) {
    return (
      <Notice kind="refusal" title="The chain is broken">
        At event {report.sequence}: {report.reason}
      </Notice>
    );
  }
  return (
    <Notice kind="success" title="The chain is whole">
      {counted(report.events, "event")} verified,{" "}
      {report.keptOn === null
        ? "without a head kept in staging to compare with"
        : `also against the head that was kept in staging on ${report.keptOn}`}
      . Newest hash: <span className={page.mono}>{report.headHash}</span>
    </Notice>
  );
}

function reportOf({ result }: FormState): ChainReport | null {
  return result?.ok === true ? (result.value as ChainReport) : null;
}
