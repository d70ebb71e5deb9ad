"use client";

import { Button } from "@fluentui/react-components";
import Form from "next/form";
import { SelectField } from "@/components/shell/fields";
import type { DeliveredFileFilterView } from "@/lib/core/view";
import styles from "./item-filter-form.module.css";

type Props = {
  readonly connectorId: string;
  readonly show: DeliveredFileFilterView | null;
};

export function FileFilterForm({ connectorId, show }: Props) {
  return (
    <Form
      action={`/data-connectors/${connectorId}/files`}
      className={styles.filter}
      role="search"
      aria-label="Filter files"
    >
      <SelectField name="show" label="Show" defaultValue={show ?? ""}>
        <option value="">All files</option>
        <option value="failed">Left alone or missing</option>
        <option value="waiting">Waiting</option>
        <option value="done">Done</option>
      </SelectField>
      <Button type="submit">Filter</Button>
    </Form>
  );
}
