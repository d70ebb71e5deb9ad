import { SubmitButton } from "./buttons";

/** One button over an action that always leads elsewhere. */
export function OneButtonForm({
  action,
  children,
}: {
  readonly action: () => Promise<void>;
  readonly children: string;
}) {
  return (
    <form action={action}>
      <SubmitButton look="primary">{children}</SubmitButton>
    </form>
  );
}
