import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { z } from "zod";
import { readFlash } from "@/app/_server/flash";
import { guardedPage } from "@/app/_server/session";
import { visibleConnector } from "@/app/_server/visible-connector";
import { MappingPage } from "@/components/mapping/mapping-page";
import { FlashNotice } from "@/components/shell/flash-notice";
import { mayDo } from "@/lib/core/access";
import { portal } from "@/lib/wiring";
import { changeLine, removeLine } from "./actions";

export const metadata: Metadata = { title: "Mapping" };

type Props = {
  readonly params: Promise<{ readonly connectorId: string }>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

const querySchema = z.object({
  before: z
    .string()
    .regex(/^\d{1,9}$/)
    .nullable()
    .catch(null),
  act: z.enum(["add", "edit", "remove"]).nullable().catch(null),
  line: z.coerce.number().int().min(1).nullable().catch(null),
});

export default guardedPage<Props>("viewItems", async ({ actor, params, searchParams }) => {
  const detail = await visibleConnector((await params).connectorId);
  if (!detail) notFound();
  const query = querySchema.parse({ before: null, act: null, line: null, ...(await searchParams) });
  const { versions } = portal();
  const { id, state } = detail;
  const [overview, list] = await Promise.all([
    versions.overview(actor, id),
    versions.list(actor, id, query.before),
  ]);
  const inForce = overview?.inForce ?? null;
  const mayChange = state !== "deleted" && mayDo(actor, "manageConnectors");
  const line = query.line === null ? null : await versions.line(actor, id, query.line);
  const claims = inForce === null ? [] : await versions.claims(actor, id, inForce.id);
  return (
    <MappingPage
      connector={detail}
      inForce={inForce}
      versions={list}
      claims={claims}
      actions={mayChange ? { changeLine, removeLine } : null}
      mayExport={mayDo(actor, "downloadLog")}
      act={query.act}
      line={line}
      flash={<FlashNotice flash={await readFlash()} />}
    />
  );
});
