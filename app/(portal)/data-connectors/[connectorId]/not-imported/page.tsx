import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { z } from "zod";
import { readFlash } from "@/app/_server/flash";
import { guardedPage } from "@/app/_server/session";
import { visibleConnector } from "@/app/_server/visible-connector";
import { NotImportedPage } from "@/components/connectors/not-imported-page";
import { FlashNotice } from "@/components/shell/flash-notice";
import { mayDo } from "@/lib/core/access";
import { portal } from "@/lib/wiring";
import { retryItems } from "../actions";
import { mapPerson } from "../mapping/actions";

export const metadata: Metadata = { title: "Not imported" };

type Props = {
  readonly params: Promise<{ readonly connectorId: string }>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

const querySchema = z.object({
  after: z.uuid().nullable().catch(null),
  person: z.uuid().nullable().catch(null),
});

export default guardedPage<Props>("viewItems", async ({ actor, params, searchParams }) => {
  const detail = await visibleConnector((await params).connectorId);
  if (!detail) notFound();
  const { id, state } = detail;
  const query = querySchema.parse({ after: null, person: null, ...(await searchParams) });
  const { connectors, versions } = portal();
  const [view, people, person] = await Promise.all([
    connectors.notImported(actor, id, null),
    versions.unmapped(actor, id, query.after),
    query.person === null ? null : versions.unmappedPerson(actor, id, query.person),
  ]);
  const mayRetry = state !== "deleted" && mayDo(actor, "manageConnectors");
  return (
    <NotImportedPage
      connector={detail}
      view={view}
      retry={mayRetry ? retryItems : null}
      people={people}
      person={person}
      map={mayRetry ? mapPerson : null}
      flash={<FlashNotice flash={await readFlash()} />}
    />
  );
});
