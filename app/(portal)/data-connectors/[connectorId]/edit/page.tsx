import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { z } from "zod";
import { countryList, zoneList } from "@/app/_server/choices";
import { guardedPage } from "@/app/_server/session";
import { EditForm } from "@/components/connectors/edit-form";
import { portal } from "@/lib/wiring";
import { editConnector } from "../actions";

export const metadata: Metadata = { title: "Edit connector" };

type Props = { readonly params: Promise<{ readonly connectorId: string }> };

export default guardedPage<Props>("manageConnectors", async ({ actor, params }) => {
  const id = z.uuid().safeParse((await params).connectorId);
  const detail = id.success ? await portal().connectors.detail(actor, id.data) : null;
  if (!detail) notFound();
  return (
    <EditForm detail={detail} zones={zoneList()} countries={countryList()} save={editConnector} />
  );
});
