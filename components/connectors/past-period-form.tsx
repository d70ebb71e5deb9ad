"use client";

import { ActionForm } from "@/components/shell/action-form";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import { GoButton, SubmitButton } from "@/components/shell/buttons";
import { TextField } from "@/components/shell/fields";
import type { FormAction } from "@/components/shell/form-state";
import { formatInstant } from "@/components/shell/format";
import page from "@/components/shell/page.module.css";
import type { ConnectorDetail, SpanView } from "@/lib/core/view";
import { connectorTrail } from "./connector-trail";

const formId = "past-period";

type Props = {
  readonly connector: Pick<ConnectorDetail, "id" | "name" | "zone">;
  /** What was read so far, newest first. */
  readonly transferred: readonly SpanView[];
  readonly backfill: FormAction;
};

/** Days are the connector's, not the reader's: they are shown in its zone. */
export function PastPeriodForm({ connector: { id, name, zone }, transferred, backfill }: Props) {
  return (
    <div className={page.narrow}>
      <Breadcrumbs trail={connectorTrail({ id, name })} here="Import a past period" />
      <h1 className={page.heading}>Import a past period</h1>
      <p className={page.lead}>
        Reads the days you choose from TeleMessage, once more if they were read before. What is in a
        mailbox already is recognised and not imported twice. Daily imports and Sync now go first: a
        period that is being read waits for them and goes on by itself.
      </p>
      <section className={page.section} aria-labelledby="transferred">
        <h2 id="transferred" className={page.subheading}>
          Read so far
        </h2>
        {transferred.length === 0 ? (
          <p className={page.quiet}>Nothing yet.</p>
        ) : (
          <ul className={page.list}>
            {transferred.map(({ start, end }) => (
              <li key={start}>
                {formatInstant(start, zone)} to {formatInstant(end, zone)}
              </li>
            ))}
          </ul>
        )}
        <p className={page.quiet}>Times in {zone}.</p>
      </section>
      <ActionForm action={backfill} id={formId} className={page.form}>
        <input type="hidden" name="connectorId" value={id} />
        <TextField
          name="from"
          label="From"
          type="date"
          hint={`From midnight at the beginning of this day in ${zone}`}
          required
        />
        <TextField
          name="to"
          label="To"
          type="date"
          hint="This day included; it must be over"
          required
        />
      </ActionForm>
      <div className={page.buttons}>
        <SubmitButton look="primary" form={formId}>
          Import
        </SubmitButton>
        <GoButton to={`/data-connectors/${id}`}>Cancel</GoButton>
      </div>
    </div>
  );
}
