import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { guardedPage } from "@/app/_server/session";
import { visibleConnector } from "@/app/_server/visible-connector";
import { NotImportedPage } from "@/components/connectors/not-imported-page";
import { mayDo } from "@/lib/core/access";
import { portal } from "@/lib/wiring";
import { retryItems } from "../actions";

export const metadata: Metadata = { title: "Not imported" };

type Props = { readonly params: Promise<{ readonly connectorId: string }> };

export default guardedPage<Props>("viewItems", async ({ actor, params }) => {
  const detail = await visibleConnector((await params).connectorId);
  if (!detail) notFound();
  const { id, name, state } = detail;
  const view = await portal().connectors.notImported(actor, id, null);
  const mayRetry = state !== "deleted" && mayDo(actor, "manageConnectors");
  return (
    <NotImportedPage connector={{ id, name }} view={view} retry={mayRetry ? retryItems : null} />
  );
});
