import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { countryList } from "@/app/_server/choices";
import { guardedPage } from "@/app/_server/session";
import { liveConnector } from "@/app/_server/visible-connector";
import { VersionUpload } from "@/components/mapping/version-upload";

export const metadata: Metadata = { title: "Upload a mapping" };

type Props = { readonly params: Promise<{ readonly connectorId: string }> };

export default guardedPage<Props>("manageConnectors", async ({ params }) => {
  const detail = await liveConnector((await params).connectorId);
  if (!detail) notFound();
  const { id, name } = detail;
  return <VersionUpload connector={{ id, name }} countries={countryList()} />;
});
