import type { FormAction } from "@/components/shell/form-state";
import { formatCount } from "@/components/shell/format";
import { Instant } from "@/components/shell/instant";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { ItemRow, NotImportedView } from "@/lib/core/item-view";
import type { GapView, PageOf, RunView } from "@/lib/core/view";
import type { ItemFilter } from "./item-filter";
import { ItemList } from "./item-list";
import { RunRepair } from "./run-repair";
import { runKinds } from "./words";

type Props = {
  readonly connectorId: string;
  readonly run: RunView;
  readonly gaps: readonly GapView[];
  /** null for somebody who may not see items. */
  readonly items: PageOf<ItemRow> | null;
  readonly notImported: NotImportedView | null;
  readonly filter: ItemFilter;
  /** null for somebody who may not. */
  readonly retry: FormAction | null;
  readonly dismiss: FormAction | null;
  /** The item whose dialog is open. */
  readonly dismissingId: string | null;
  readonly mayDownloadLog: boolean;
};

/** One run: its window, what it can be asked to do, its items. */
export function RunSection({ connectorId, run, gaps, items, notImported, ...props }: Props) {
  const { filter, retry, mayDownloadLog } = props;
  return (
    <section className={page.wide} aria-labelledby="run">
      <h2 id="run" className={page.subheading}>
        Run of <Instant at={run.windowEnd} />
      </h2>
      <p className={page.quiet}>
        {runKinds[run.kind]}. {run.areFiles ? "Files zipped" : "Archived by TeleMessage"} from{" "}
        <Instant at={run.windowStart} /> to <Instant at={run.windowEnd} />
        {run.mappingVersion === null ? "" : `, mapping file version ${run.mappingVersion}`}
        {run.laterMappingVersion === null
          ? ""
          : `, later resolved by version ${run.laterMappingVersion}`}
        {run.alreadyRecorded > 0
          ? `, ${formatCount(run.alreadyRecorded)} recorded by an earlier run`
          : ""}
        .
      </p>
      {run.reason === null ? null : <Notice kind="warning">{run.reason}</Notice>}
      {gaps.map((gap) => (
        <Notice key={gap.id} kind="warning">
          {gap.fileName === null ? (
            <>
              TeleMessage no longer held what was archived from <Instant at={gap.start} /> to{" "}
              <Instant at={gap.end} />.
            </>
          ) : (
            <>{gap.fileName} left the server before it was read.</>
          )}
          {gap.acknowledged === null ? null : (
            <>
              {" "}
              Acknowledged by {gap.acknowledged.by} on <Instant at={gap.acknowledged.at} />:{" "}
              {gap.acknowledged.reason}
            </>
          )}
        </Notice>
      ))}
      <RunRepair
        key={run.id}
        connectorId={connectorId}
        run={run}
        notImported={notImported}
        retry={retry}
        mayDownloadLog={mayDownloadLog}
      />
      {items ? (
        <ItemList
          connectorId={connectorId}
          runId={run.id}
          items={items}
          filter={filter}
          retry={retry}
          dismiss={props.dismiss}
          dismissingId={props.dismissingId}
        />
      ) : null}
    </section>
  );
}
