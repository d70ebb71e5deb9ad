"use client";

import { Button } from "@fluentui/react-components";
import Form from "next/form";
import { SelectField, TextField } from "@/components/shell/fields";
import type { ItemFilter } from "./item-filter";
import styles from "./item-filter-form.module.css";
import { deliveryStates, outcomes } from "./words";

type Props = {
  readonly connectorId: string;
  readonly runId: string;
  readonly filter: ItemFilter;
};

export function ItemFilterForm({ connectorId, runId, filter }: Props) {
  return (
    <Form
      action={`/data-connectors/${connectorId}`}
      scroll={false}
      className={styles.filter}
      role="search"
      aria-label="Filter items"
    >
      <input type="hidden" name="run" value={runId} />
      <SelectField name="outcome" label="Outcome" defaultValue={filter.outcome ?? ""}>
        <option value="">All</option>
        {deliveryStates.map((state) => (
          <option key={state} value={state}>
            {outcomes[state].word}
          </option>
        ))}
      </SelectField>
      <TextField name="search" label="Item or user" defaultValue={filter.search ?? ""} />
      <Button type="submit">Filter</Button>
    </Form>
  );
}
