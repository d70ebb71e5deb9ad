import { type Column, DataTable } from "@/components/shell/data-table";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import { TableScroller } from "@/components/shell/table-scroller";
import type { AlarmView } from "@/lib/core/view";

const causes: Record<AlarmView["cause"], string> = {
  needsAttention: "Needs attention",
  failed: "Failed",
  late: "Late",
  stalled: "Stalled",
};

const told: Record<AlarmView["told"], string> = {
  log: "In the log; no webhook is set up",
  webhook: "In the log and by webhook",
  waiting: "In the log; the webhook has not taken it yet",
};

const columns: readonly Column<AlarmView>[] = [
  { name: "Alarm", isRowHeader: true, cell: ({ cause }) => causes[cause] },
  { name: "Since", cell: ({ raisedAt }) => <Instant at={raisedAt} /> },
  { name: "What to do", cell: ({ advice }) => advice },
  { name: "Told", cell: (alarm) => told[alarm.told] },
];

/** What somebody has been told about, or should have been, and what is not mended yet. */
export function OpenAlarms({ alarms }: { readonly alarms: readonly AlarmView[] }) {
  if (alarms.length === 0) return null;
  return (
    <section className={page.wide} aria-labelledby="alarms">
      <h2 id="alarms" className={page.subheading}>
        Open alarms
      </h2>
      <TableScroller label="Open alarms, scrolls sideways">
        <DataTable
          label="Open alarms"
          columns={columns}
          rows={alarms}
          keyOf={({ id }) => id}
          empty=""
        />
      </TableScroller>
    </section>
  );
}
