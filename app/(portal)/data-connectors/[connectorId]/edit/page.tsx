import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { zoneList } from "@/app/_server/choices";
import { guardedPage } from "@/app/_server/session";
import { EditForm } from "@/components/connectors/edit-form";
import { editConnector } from "../actions";
import { liveConnector } from "@/app/_server/visible-connector";

export const metadata: Metadata = { title: "Edit connector" };

type Props = { readonly params: Promise<{ readonly connectorId: string }> };

export default guardedPage<Props>("manageConnectors", async ({ params }) => {
  const detail = await liveConnector((await params).connectorId);
  if (!detail) notFound();
  return <EditForm detail={detail} zones={zoneList()} save={editConnector} />;
});
