import Link from "next/link";
import { DateFields } from "@/components/mapping/line-dialog";
import { MailboxField } from "@/components/mapping/mailbox-field";
import { type Column, DataTable } from "@/components/shell/data-table";
import type { FormAction } from "@/components/shell/form-state";
import { formatCount } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import { PageDialog } from "@/components/shell/page-dialog";
import tables from "@/components/shell/table.module.css";
import type { UnmappedPersonView } from "@/lib/core/mapping-view";
import type { PageOf } from "@/lib/core/view";

type Props = {
  readonly connectorId: string;
  readonly people: PageOf<UnmappedPersonView>;
  readonly mayMap: boolean;
};

/** Archived people without a mailbox, with what of theirs waits. */
export function UnmappedPeople({ connectorId, people, mayMap }: Props) {
  const address = `/data-connectors/${connectorId}/not-imported`;
  return (
    <>
      <h2 className={page.subheading}>People without a mailbox</h2>
      <p className={page.quiet}>
        Archived people whom neither the mapping nor the directory leads to a mailbox. Once one is
        mapped, what waits is imported, as long as its originals are kept.
      </p>
      <div className={tables.scroller}>
        <DataTable
          label="People without a mailbox"
          columns={mayMap ? [...columns, mapColumn(address)] : columns}
          rows={people.rows}
          keyOf={({ deliveryId }) => deliveryId}
          empty="Nobody waits for a mailbox."
        />
      </div>
      {people.next === null ? null : (
        <Link href={`${address}?after=${people.next}`}>More people</Link>
      )}
    </>
  );
}

const columns: readonly Column<UnmappedPersonView>[] = [
  { name: "Number or id", isRowHeader: true, cell: ({ externalId }) => externalId },
  { name: "Name", cell: ({ name }) => name },
  { name: "Waiting items", className: tables.number, cell: ({ items }) => formatCount(items) },
  {
    name: "Without original",
    className: tables.number,
    cell: ({ removed }) => formatCount(removed),
  },
  {
    name: "Sent",
    cell: ({ firstAt, lastAt }) => (
      <>
        <Instant at={firstAt} /> to <Instant at={lastAt} />
      </>
    ),
  },
];

/** A delivery stands for the person: a number has no place in an address. */
function mapColumn(address: string): Column<UnmappedPersonView> {
  return {
    name: "Map",
    isQuiet: true,
    cell: ({ deliveryId, externalId }) => (
      <Link href={`${address}?person=${deliveryId}`}>Map {externalId}</Link>
    ),
  };
}

type DialogProps = {
  readonly connectorId: string;
  readonly person: UnmappedPersonView;
  readonly map: FormAction;
};

export function MapDialog({ connectorId, person, map }: DialogProps) {
  return (
    <PageDialog
      title={`Map ${person.name === "" ? person.externalId : person.name}`}
      closeTo={`/data-connectors/${connectorId}/not-imported`}
      action={map}
      confirm="Map"
      keep="Cancel"
    >
      <p className={page.prose}>
        {person.externalId} has {formatCount(person.items - person.removed)} items that can be
        imported. A new version of the mapping is put in force, and they are imported by it.
      </p>
      <input type="hidden" name="connectorId" value={connectorId} />
      <input type="hidden" name="deliveryId" value={person.deliveryId} />
      <MailboxField defaultValue="" />
      <DateFields validFrom={null} validTo={null} />
    </PageDialog>
  );
}
