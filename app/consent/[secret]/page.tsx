import type { Metadata } from "next";
import { OneButtonForm } from "@/components/shell/one-button-form";
import { Instant } from "@/components/shell/instant";
import { Refusal } from "@/components/shell/refusal";
import page from "@/components/shell/page.module.css";
import lone from "@/components/shell/lone.module.css";
import { PermissionList } from "@/components/wizard/permission-list";
import { portal } from "@/lib/wiring";
import { followConsent } from "../actions";

export const metadata: Metadata = { title: "Grant admin consent" };

type Props = { readonly params: Promise<{ readonly secret: string }> };

/** For a Global Administrator who has no account here: what is asked for, who asks, and one button. */
export default async function HandedOverConsent({ params }: Props) {
  const { secret } = await params;
  const asked = await portal().consent.handedOver(secret);
  if (!asked) {
    return (
      <main id="main" className={lone.page}>
        <Refusal
          title="This link is no longer good"
          message="It was used, revoked, or is older than 7 days. Ask the person who sent it for a new one."
        />
      </main>
    );
  }
  return (
    <main id="main" className={lone.page}>
      <div className={page.narrow}>
        <h1 className={page.heading}>Grant admin consent</h1>
        <p className={page.lead}>
          {asked.requestedBy} asks you, as a Global Administrator, to allow the connector &quot;
          {asked.connectorName}&quot; to archive WhatsApp data in the mailboxes of your
          organization.
        </p>
        <dl className={page.facts}>
          <div>
            <dt>Organization (tenant id)</dt>
            <dd className={page.mono}>{asked.tenantId}</dd>
          </div>
          <div>
            <dt>Connector</dt>
            <dd>{asked.connectorName}</dd>
          </div>
          <div>
            <dt>Requested by</dt>
            <dd>{asked.requestedBy}</dd>
          </div>
          <div>
            <dt>Permissions</dt>
            <dd>{asked.permissions.join(", ")}</dd>
          </div>
          <div>
            <dt>Link is good until</dt>
            <dd>
              <Instant at={asked.expiresAt} />
            </dd>
          </div>
        </dl>
        <PermissionList />
        <OneButtonForm action={followConsent.bind(null, secret)}>Grant admin consent</OneButtonForm>
        <p className={page.quiet}>
          Leads to Microsoft Entra ID, where you sign in and decide. This page learns nothing but
          the outcome.
        </p>
      </div>
    </main>
  );
}
