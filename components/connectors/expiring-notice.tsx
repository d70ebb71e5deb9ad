import Link from "next/link";
import { counted } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import { Notice } from "@/components/shell/notice";
import type { ConnectorDetail } from "@/lib/core/view";

type Props = {
  readonly connectorId: string;
  readonly expiring: NonNullable<ConnectorDetail["expiring"]>;
  readonly maySeeItems: boolean;
};

/** What was not imported and is about to be gone for good: said 30 days before. */
export function ExpiringNotice({ connectorId, expiring, maySeeItems }: Props) {
  const { items, isMore, firstAt, firstRunId } = expiring;
  const address = `/data-connectors/${connectorId}`;
  return (
    <Notice kind="warning" title="Originals will be removed">
      {isMore ? "More than " : ""}
      {counted(items, "item")} could not be imported, and an original is kept for 400 days at most.
      The first is removed on <Instant at={firstAt} />. Mend what keeps them back and retry them, or
      dismiss them among the items of their run.{" "}
      {maySeeItems ? (
        <>
          <Link href={`${address}?run=${firstRunId}&outcome=failed`}>The run of the first</Link>,{" "}
          <Link href={`${address}/not-imported`}>all that was not imported</Link>.
        </>
      ) : null}
    </Notice>
  );
}
