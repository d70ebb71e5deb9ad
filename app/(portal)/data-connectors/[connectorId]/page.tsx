import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { beginConsent } from "@/app/_server/consent-actions";
import { readFlash } from "@/app/_server/flash";
import { guardedPage } from "@/app/_server/session";
import { ConnectorPage } from "@/components/connectors/connector-page";
import { RunSection } from "@/components/connectors/run-section";
import { FlashNotice } from "@/components/shell/flash-notice";
import { type Actor, mayDo } from "@/lib/core/access";
import type { ConnectorDetail } from "@/lib/core/view";
import { portal } from "@/lib/wiring";
import { acknowledgeGap, removeConnector, retryItems, runCommand } from "./actions";
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
};

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const detail = await visibleConnector((await params).connectorId);
  return { title: detail?.name ?? "Connector" };
}

export default guardedPage<Props>("viewConnectors", async ({ actor, params, searchParams }) => {
  const detail = await visibleConnector((await params).connectorId);
  if (!detail) notFound();
  const query = readQuery(await searchParams);
  const selectedRunId = query.runId ?? detail.runs[0]?.id ?? null;
  return (
    <ConnectorPage
      detail={detail}
      actions={actions}
      rights={{
        mayManage: mayDo(actor, "manageConnectors"),
        mayRequestConsent: mayDo(actor, "requestConsent"),
      }}
      selectedRunId={selectedRunId}
      isDeleting={query.isDeleting}
      flash={<FlashNotice flash={await readFlash()} />}
    >
      {selectedRunId === null ? null : await selectedRun(actor, detail, selectedRunId, query)}
    </ConnectorPage>
  );
});

async function selectedRun(actor: Actor, detail: ConnectorDetail, runId: string, query: Query) {
  const { connectors } = portal();
  const run =
    detail.runs.find((each) => each.id === runId) ??
    (await connectors.run(actor, detail.id, runId));
  if (!run) notFound();
  const { filter } = query;
  const items = mayDo(actor, "viewItems")
    ? await connectors.items(actor, detail.id, runId, filter, filter.after)
    : null;
  return (
    <RunSection
      connectorId={detail.id}
      run={run}
      items={items}
      filter={filter}
      retry={mayDo(actor, "manageConnectors") ? retryItems : null}
      mayDownloadLog={mayDo(actor, "downloadLog")}
    />
  );
}
