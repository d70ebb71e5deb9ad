"use client";

import { Button } from "@fluentui/react-components";
import Form from "next/form";
import { SelectField } from "@/components/shell/fields";
import type { RunFilterView } from "@/lib/core/view";
import styles from "./item-filter-form.module.css";
import { runKinds, runStates } from "./words";

type Props = { readonly connectorId: string; readonly filter: RunFilterView };

export function RunFilterForm({ connectorId, filter }: Props) {
  return (
    <Form
      action={`/data-connectors/${connectorId}/runs`}
      className={styles.filter}
      role="search"
      aria-label="Filter runs"
    >
      <SelectField name="kind" label="Kind" defaultValue={filter.kind ?? ""}>
        <option value="">All</option>
        {Object.entries(runKinds).map(([kind, word]) => (
          <option key={kind} value={kind}>
            {word}
          </option>
        ))}
      </SelectField>
      <SelectField name="state" label="Outcome" defaultValue={filter.state ?? ""}>
        <option value="">All</option>
        {Object.entries(runStates).map(([state, { word }]) => (
          <option key={state} value={state}>
            {word}
          </option>
        ))}
      </SelectField>
      <Button type="submit">Filter</Button>
    </Form>
  );
}
