import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { beginConsent } from "@/app/_server/consent-actions";
import { readFlash } from "@/app/_server/flash";
import { guardedPage } from "@/app/_server/session";
import { ConnectorPage } from "@/components/connectors/connector-page";
import { RunSection } from "@/components/connectors/run-section";
import { FlashNotice } from "@/components/shell/flash-notice";
import { type Actor, mayDo } from "@/lib/core/access";
import type { ConnectorDetail, RunView } from "@/lib/core/view";
import { portal } from "@/lib/wiring";
import {
  acknowledgeGap,
  cancelRun,
  dismissItem,
  removeConnector,
  retryItems,
  runCommand,
} from "./actions";
import { type Query, readQuery } from "./query";
import { visibleConnector } from "@/app/_server/visible-connector";

type Props = {
  readonly params: Promise<{ readonly connectorId: string }>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

const actions = {
  command: runCommand,
  grantConsent: beginConsent,
  acknowledgeGap,
  remove: removeConnector,
  cancelRun,
};

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const detail = await visibleConnector((await params).connectorId);
  return { title: detail?.name ?? "Connector" };
}

export default guardedPage<Props>("viewConnectors", async ({ actor, params, searchParams }) => {
  const detail = await visibleConnector((await params).connectorId);
  if (!detail) notFound();
  const query = readQuery(await searchParams);
  const isLive = detail.state !== "deleted";
  const run = await runOf(actor, detail, query.runId);
  return (
    <ConnectorPage
      detail={detail}
      actions={actions}
      rights={{
        mayManage: isLive && mayDo(actor, "manageConnectors"),
        mayRequestConsent: isLive && mayDo(actor, "requestConsent"),
        maySeeItems: mayDo(actor, "viewItems"),
      }}
      selectedRun={run}
      dialog={query.dialog}
      flash={<FlashNotice flash={await readFlash()} />}
    >
      {run === null ? null : await runSection(actor, detail, run, query)}
    </ConnectorPage>
  );
});

/** The run of the address, or the newest one; null as long as there is none. */
async function runOf(
  actor: Actor,
  { id, runs }: ConnectorDetail,
  runId: string | null,
): Promise<RunView | null> {
  if (runId === null) return runs[0] ?? null;
  const run = runs.find((each) => each.id === runId);
  return run ?? (await portal().connectors.run(actor, id, runId)) ?? notFound();
}

async function runSection(actor: Actor, detail: ConnectorDetail, run: RunView, query: Query) {
  const { connectors } = portal();
  const { filter } = query;
  const maySee = mayDo(actor, "viewItems");
  const [gaps, items, notImported] = await Promise.all([
    connectors.runGaps(actor, detail.id, run.id),
    maySee ? connectors.items(actor, detail.id, run.id, filter, filter.after) : null,
    maySee ? connectors.notImported(actor, detail.id, run.id) : null,
  ]);
  const mayManage = detail.state !== "deleted" && mayDo(actor, "manageConnectors");
  return (
    <RunSection
      connectorId={detail.id}
      run={run}
      gaps={gaps}
      items={items}
      notImported={notImported}
      filter={filter}
      retry={mayManage ? retryItems : null}
      dismiss={mayManage ? dismissItem : null}
      dismissingId={query.dismissingId}
      mayDownloadLog={mayDo(actor, "downloadLog")}
    />
  );
}
