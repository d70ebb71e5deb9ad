import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { guardedPage } from "@/app/_server/session";
import { liveConnector } from "@/app/_server/visible-connector";
import { PastPeriodForm } from "@/components/connectors/past-period-form";
import { portal } from "@/lib/wiring";
import { importPastPeriod } from "../actions";

export const metadata: Metadata = { title: "Import a past period" };

type Props = { readonly params: Promise<{ readonly connectorId: string }> };

export default guardedPage<Props>("manageConnectors", async ({ actor, params }) => {
  const detail = await liveConnector((await params).connectorId);
  if (!detail) notFound();
  const transferred = await portal().connectors.transferredSpans(actor, detail.id);
  const { id, name, zone } = detail;
  return (
    <PastPeriodForm
      connector={{ id, name, zone }}
      transferred={transferred}
      backfill={importPastPeriod}
    />
  );
});
