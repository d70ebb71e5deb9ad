import Link from "next/link";
import { type Column, DataTable } from "@/components/shell/data-table";
import { formatCount } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import tables from "@/components/shell/table.module.css";
import type { DifferenceCounts, MappingVersionView } from "@/lib/core/mapping-view";

type Props = {
  readonly connectorId: string;
  readonly versions: readonly MappingVersionView[];
  readonly inForceId: string | null;
};

export function VersionTable({ connectorId, versions, inForceId }: Props) {
  const columns: readonly Column<MappingVersionView>[] = [
    {
      name: "Version",
      isRowHeader: true,
      cell: ({ id, version }) => (
        <Link href={`/data-connectors/${connectorId}/mapping/${id}`}>Version {version}</Link>
      ),
    },
    { name: "How it came", cell: originInWords },
    {
      name: "Made",
      cell: ({ createdAt, createdBy }) => (
        <>
          <Instant at={createdAt} /> by {createdBy}
        </>
      ),
    },
    {
      name: "In force",
      cell: ({ id, appliedAt, appliedBy }) =>
        appliedAt === null ? (
          "Never"
        ) : (
          <>
            {id === inForceId ? "Since " : "From "}
            <Instant at={appliedAt} />
            {appliedBy === null ? "" : ` by ${appliedBy}`}
          </>
        ),
    },
    { name: "What changed", cell: ({ difference }) => differenceInWords(difference) },
    { name: "Lines", className: tables.number, cell: ({ entries }) => formatCount(entries) },
    { name: "Runs", className: tables.number, cell: ({ runs }) => formatCount(runs) },
  ];
  return (
    <div className={tables.scroller}>
      <DataTable
        label="Versions of the mapping"
        columns={columns}
        rows={versions}
        keyOf={({ id }) => id}
        empty="There is no version yet."
        isCurrent={({ id }) => id === inForceId}
      />
    </div>
  );
}

function originInWords({ origin, fileName, basedOnVersion }: MappingVersionView): string {
  if (origin === "restored") return `Went back to version ${basedOnVersion ?? ""}`;
  if (origin === "edited") return basedOnVersion === null ? "A first line" : "A line was changed";
  return fileName;
}

export function differenceInWords(difference: DifferenceCounts | null): string {
  if (difference === null) return "";
  const { added, changed, removed, losing } = difference;
  const counts = `${formatCount(added)} added, ${formatCount(changed)} changed, ${formatCount(removed)} removed`;
  return losing === 0 ? counts : `${counts}; ${formatCount(losing)} without a mailbox since`;
}
