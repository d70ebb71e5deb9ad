import type { Metadata } from "next";
import { z } from "zod";
import { guardedPage } from "@/app/_server/session";
import { AuditPage } from "@/components/audit/audit-page";
import { portal } from "@/lib/wiring";
import { verifyChain } from "./actions";

export const metadata: Metadata = { title: "Audit" };

type Props = {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

const id = z
  .string()
  .regex(/^\P{Cc}{1,100}$/u)
  .optional()
  .catch(undefined);
const querySchema = z.object({
  person: id,
  connector: id,
  day: z.iso.date().optional().catch(undefined),
  after: z
    .string()
    .regex(/^\d{1,19}$/)
    .optional()
    .catch(undefined),
});

export default guardedPage<Props>("viewAudit", async ({ actor, searchParams }) => {
  const { person, connector, day, after } = querySchema.parse(await searchParams);
  const filter = {
    ...(person ? { actorId: person } : {}),
    ...(connector ? { connectorId: connector } : {}),
    ...(day ? { day } : {}),
  };
  const { audit } = portal();
  const [events, facets] = await Promise.all([
    audit.list(actor, filter, after ?? null),
    audit.facets(actor),
  ]);
  return (
    <AuditPage
      events={events}
      facets={facets}
      filter={{
        person: person ?? "",
        connector: connector ?? "",
        day: day ?? "",
        after: after ?? "",
      }}
      verify={verifyChain}
    />
  );
});
