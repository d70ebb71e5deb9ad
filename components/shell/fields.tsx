"use client";

import { Checkbox, Field, Input, Select } from "@fluentui/react-components";
import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { useFormAnswer } from "./action-form";

export type FieldProps = {
  readonly name: string;
  readonly label: string;
  readonly defaultValue?: string;
  readonly hint?: string;
  readonly required?: boolean;
  /** Key under which an unsent value outlives a reload of this tab. Never for secrets. */
  readonly remember?: string;
};

type TextProps = FieldProps & {
  readonly type?: "text" | "password" | "time" | "date";
  readonly autoComplete?: string;
  readonly maxLength?: number;
};

export function TextField({ type = "text", autoComplete, maxLength, ...props }: TextProps) {
  const { ref, value, change, field, demand } = useField<HTMLInputElement>(props);
  return (
    <Field {...field}>
      <Input
        input={{ ref }}
        name={props.name}
        type={type}
        value={value}
        onChange={(_event, data) => change(data.value)}
        autoComplete={autoComplete ?? "off"}
        {...demand}
        {...(maxLength === undefined ? {} : { maxLength })}
        {...(type === "text" ? { spellCheck: false } : {})}
      />
    </Field>
  );
}

type SelectProps = FieldProps & {
  readonly children: ReactNode;
  readonly onValue?: (value: string) => void;
};

export function SelectField({ children, onValue, ...props }: SelectProps) {
  const { ref, value, change, field } = useField<HTMLSelectElement>(props);
  return (
    <Field {...field}>
      <Select
        select={{ ref }}
        name={props.name}
        value={value}
        onChange={(_event, data) => {
          change(data.value);
          onValue?.(data.value);
        }}
      >
        {children}
      </Select>
    </Field>
  );
}

type CheckProps = {
  readonly name: string;
  readonly label: string;
  readonly defaultChecked: boolean;
  readonly onValue?: (checked: boolean) => void;
  /** What is sent for a ticked box. */
  readonly value?: string;
  /** Id of the form, for a box that stands outside it. */
  readonly form?: string;
};

export function CheckField(props: CheckProps) {
  const { name, label, value = "on", defaultChecked, onValue, form } = props;
  const { typed, result } = useFormAnswer();
  const [checked, setChecked] = useState(result === null ? defaultChecked : typed[name] === value);
  const ref = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => setChecked(ref.current?.checked ?? false), []);
  return (
    <Checkbox
      input={{ ref, form }}
      name={name}
      value={value}
      label={label}
      checked={checked}
      onChange={(_event, data) => {
        setChecked(data.checked === true);
        onValue?.(data.checked === true);
      }}
    />
  );
}

/** A refused value stays; one that was typed before the scripts had come is taken over. */
export function useField<
  Element extends HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement,
>(props: FieldProps) {
  const { name, label, defaultValue = "", hint, required, remember } = props;
  const { typed, result } = useFormAnswer();
  const [value, setValue] = useState(typed[name] ?? defaultValue);
  const ref = useRef<Element>(null);

  useLayoutEffect(() => {
    const shown = ref.current?.value ?? "";
    const kept = remember === undefined ? null : sessionStorage.getItem(remember);
    setValue((current) => (shown !== current ? shown : (kept ?? current)));
  }, [remember]);

  const change = (next: string) => {
    setValue(next);
    if (remember !== undefined) sessionStorage.setItem(remember, next);
  };
  const refusal = result?.ok === false ? result.fields?.[name] : undefined;
  const field = {
    label,
    ...(hint === undefined ? {} : { hint }),
    // The refusal above the form is the alert; a second one for the same thing would be noise.
    ...(refusal === undefined
      ? {}
      : {
          validationState: "error" as const,
          validationMessage: { children: refusal, role: undefined },
        }),
  };
  // No asterisk: it would become part of every label, and here nearly all fields are required.
  const demand = required ? { "aria-required": true } : {};
  return { ref, value, change, field, demand };
}
