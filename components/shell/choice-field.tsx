"use client";

import { Field, Radio, RadioGroup } from "@fluentui/react-components";
import { useLayoutEffect, useRef, useState } from "react";
import { useFormAnswer } from "./action-form";

type Props = {
  readonly name: string;
  readonly label: string;
  readonly defaultValue: string;
  /** The values with their words. */
  readonly choices: Readonly<Record<string, string>>;
  readonly onValue: (value: string) => void;
  readonly remember?: string;
};

/** One of a few, all of them in sight. */
export function ChoiceField({ name, label, defaultValue, choices, onValue, remember }: Props) {
  const { typed } = useFormAnswer();
  const [value, setValue] = useState(typed[name] ?? defaultValue);
  const ref = useRef<HTMLDivElement>(null);

  const change = (next: string) => {
    setValue(next);
    onValue(next);
    if (remember !== undefined) sessionStorage.setItem(remember, next);
  };
  // One that was chosen before the scripts had come, or before a reload, is taken over.
  useLayoutEffect(() => {
    const chosen = ref.current?.querySelector<HTMLInputElement>("input:checked")?.value;
    const kept = remember === undefined ? null : sessionStorage.getItem(remember);
    const next = chosen !== undefined && chosen !== defaultValue ? chosen : kept;
    if (next !== null && Object.hasOwn(choices, next)) {
      setValue(next);
      onValue(next);
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when the page has come to life: later choices are the person's
  }, []);

  return (
    <div ref={ref}>
      <Field label={label}>
        <RadioGroup
          name={name}
          layout="horizontal"
          value={value}
          onChange={(_event, data) => change(data.value)}
        >
          {Object.entries(choices).map(([each, words]) => (
            <Radio key={each} value={each} label={words} />
          ))}
        </RadioGroup>
      </Field>
    </div>
  );
}
