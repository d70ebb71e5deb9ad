import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { z } from "zod";
import { guardedPage } from "@/app/_server/session";
import { visibleConnector } from "@/app/_server/visible-connector";
import { ItemPage } from "@/components/connectors/item-page";
import { mayDo, missingRole } from "@/lib/core/access";
import { originalKinds } from "@/lib/core/item-view";
import { portal } from "@/lib/wiring";
import { downloadOriginal } from "./actions";

export const metadata: Metadata = { title: "Item" };

type Props = {
  readonly params: Promise<{ readonly connectorId: string; readonly itemId: string }>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

const asked = z.enum(originalKinds).nullable().catch(null);

export default guardedPage<Props>("viewItems", async ({ actor, params, searchParams }) => {
  const { connectorId, itemId } = await params;
  const connector = await visibleConnector(connectorId);
  const item = connector && (await portal().originals.view(actor, connector.id, itemId));
  if (!connector || !item) notFound();
  const mayDownload = mayDo(actor, "downloadOriginals");
  return (
    <ItemPage
      connector={{ id: connector.id, name: connector.name }}
      item={item}
      download={mayDownload ? downloadOriginal : null}
      whyNot={mayDownload ? null : missingRole("downloadOriginals")}
      asked={asked.parse((await searchParams)["download"] ?? null)}
    />
  );
});
