"use client";

import { Button, Field, Textarea } from "@fluentui/react-components";
import { useRef } from "react";
import { type FieldProps, useField } from "./fields";
import styles from "./area-field.module.css";

type Props = FieldProps & {
  readonly maxLength: number;
  /** What the button says that fills the field from a file. */
  readonly fileButton: string;
};

/** Several lines, pasted or taken from a file; the file itself is not sent. */
export function AreaField({ maxLength, fileButton, ...props }: Props) {
  const { ref, value, change, field, demand } = useField<HTMLTextAreaElement>(props);
  const file = useRef<HTMLInputElement>(null);
  return (
    <div className={styles.area}>
      <Field {...field}>
        <Textarea
          textarea={{ ref }}
          name={props.name}
          value={value}
          onChange={(_event, data) => change(data.value)}
          rows={4}
          maxLength={maxLength}
          autoComplete="off"
          spellCheck={false}
          className={styles.code}
          {...demand}
        />
      </Field>
      <input
        ref={file}
        type="file"
        hidden
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          // Read no further than the field can hold: somebody may have picked a film.
          void chosen?.slice(0, maxLength).text().then(change);
          event.target.value = "";
        }}
      />
      <Button onClick={() => file.current?.click()}>{fileButton}</Button>
    </div>
  );
}
