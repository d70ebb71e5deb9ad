import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { guardedPage } from "@/app/_server/session";
import { visibleConnector } from "@/app/_server/visible-connector";
import { VersionReview } from "@/components/mapping/version-review";
import { mayDo } from "@/lib/core/access";
import { portal } from "@/lib/wiring";
import { applyVersion, checkVersion } from "../actions";

export const metadata: Metadata = { title: "Version of the mapping" };

type Props = {
  readonly params: Promise<{ readonly connectorId: string; readonly fileId: string }>;
};

export default guardedPage<Props>("viewItems", async ({ actor, params }) => {
  const { connectorId, fileId } = await params;
  const detail = await visibleConnector(connectorId);
  const { versions } = portal();
  const review = detail ? await versions.review(actor, connectorId, fileId) : null;
  if (!detail || !review) notFound();
  const { id, name, state } = detail;
  const mayChange = state !== "deleted" && mayDo(actor, "manageConnectors");
  const claims = await versions.claims(actor, id, fileId);
  return (
    <VersionReview
      connector={{ id, name }}
      review={review}
      claims={claims}
      actions={mayChange ? { apply: applyVersion, check: checkVersion } : null}
    />
  );
});
