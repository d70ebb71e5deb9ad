"use client";

import { Button, type ButtonProps, Spinner } from "@fluentui/react-components";
import Form from "next/form";
import { useFormStatus } from "react-dom";
import { useFormAnswer } from "./action-form";

type Look = "primary" | "secondary" | "subtle";

type SubmitProps = {
  readonly children: string;
  readonly look?: Look;
  readonly icon?: ButtonProps["icon"];
  /** Id of the form, for a button that stands outside it. */
  readonly form?: string;
  readonly name?: string;
  readonly value?: string;
  readonly size?: "small" | "medium";
  /** Begins with what the button says, and tells it from its like. */
  readonly label?: string;
};

/** Sends its form. While the answer is awaited it keeps its name and the focus, and does nothing more. */
export function SubmitButton(props: SubmitProps) {
  const { children, look = "secondary", icon, label, ...attributes } = props;
  const { isPending } = useFormAnswer();
  const { pending: isSending } = useFormStatus();
  const pending = isPending || isSending;
  const shown = pending ? <Spinner size="extra-tiny" aria-hidden="true" /> : icon;
  return (
    <Button
      type="submit"
      appearance={look}
      aria-disabled={pending || undefined}
      aria-label={label}
      {...attributes}
      {...(shown ? { icon: shown } : {})}
    >
      {children}
    </Button>
  );
}

type GoProps = {
  readonly to: string;
  readonly children: string;
  readonly look?: Look;
  readonly icon?: ButtonProps["icon"];
};

/** A button that leads to another page; a form, so that it does so before any script has run. */
export function GoButton({ to, children, look = "secondary", icon }: GoProps) {
  const [path = "", query = ""] = to.split("?");
  return (
    <Form action={path}>
      {[...new URLSearchParams(query)].map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <Button type="submit" appearance={look} {...(icon ? { icon } : {})}>
        {children}
      </Button>
    </Form>
  );
}

/** A button that fetches a file. */
export function DownloadButton({
  from,
  children,
  icon,
}: {
  readonly from: string;
  readonly children: string;
  readonly icon?: ButtonProps["icon"];
}) {
  return (
    <form action={from} method="get">
      <Button type="submit" {...(icon ? { icon } : {})}>
        {children}
      </Button>
    </form>
  );
}
