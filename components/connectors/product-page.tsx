import type { FormAction } from "@/components/shell/form-state";
import { ActionForm } from "@/components/shell/action-form";
import { SubmitButton } from "@/components/shell/buttons";
import page from "@/components/shell/page.module.css";

type Props = {
  readonly addConnector: FormAction;
  /** null for somebody who may; otherwise which role is missing. */
  readonly missingRole: string | null;
  readonly hasDraft: boolean;
};

export function ProductPage({ addConnector, missingRole, hasDraft }: Props) {
  return (
    <div className={page.wide}>
      <h1 className={page.heading}>WhatsApp Archiver</h1>
      <p className={page.lead}>
        Import and archive WhatsApp calls, chats, attachments, files, and deleted messages of your
        organization&apos;s TeleMessage account in the mailboxes of your employees.
      </p>
      {missingRole ? (
        <p className={page.lead}>{missingRole}</p>
      ) : (
        <ActionForm action={addConnector} className={page.buttons}>
          <SubmitButton look="primary">Add connector</SubmitButton>
          {hasDraft ? (
            <span className={page.quiet}>You have begun one. It goes on where you left it.</span>
          ) : null}
        </ActionForm>
      )}
      <section className={page.section} aria-labelledby="what">
        <h2 id="what" className={page.subheading}>
          What it does
        </h2>
        <div className={page.prose}>
          <p>
            Once a day the connector signs in to TeleMessage, transfers the WhatsApp data of the
            previous 24 hours to Azure Storage, converts every item to an email message, and imports
            it to the folder <strong>WhatsApp Archiver</strong> of each participant who has a
            mailbox.
          </p>
          <ul>
            <li>Chats, one to one and in groups, with their attachments and files</li>
            <li>Images, videos, audio and voice messages</li>
            <li>Calls, with their length and outcome</li>
            <li>Deleted messages, with the original where TeleMessage kept it</li>
          </ul>
          <p>
            A custom mapping file is asked first for the mailbox of a phone number, then the
            item&apos;s own email property. An item whose owner has no mailbox is not imported; it
            is listed with its reason and can be retried.
          </p>
        </div>
      </section>
      <Prerequisites />
      <section className={page.section} aria-labelledby="limits">
        <h2 id="limits" className={page.subheading}>
          Known limits
        </h2>
        <p className={page.prose}>
          Attachments and items over the connector&apos;s size limit are not imported: 10 MB, or as
          much as you set, up to 150 MB. Every one of them is listed with its reason.
        </p>
      </section>
    </div>
  );
}

function Prerequisites() {
  return (
    <section className={page.section} aria-labelledby="before">
      <h2 id="before" className={page.subheading}>
        Before you begin
      </h2>
      <ul className={page.prose}>
        <li>
          Order the{" "}
          <Outside to="https://www.telemessage.com/mobile-archiver/order-mobile-archiver-for-o365">
            WhatsApp Archiver service from TeleMessage
          </Outside>{" "}
          and get an administration account for your organization. You sign in with it while you
          create the connector. See also{" "}
          <Outside to="https://www.telemessage.com/office365-activation-for-whatsapp-archiver">
            activation for Microsoft 365
          </Outside>
          .
        </li>
        <li>
          Register all users that require WhatsApp archiving in the TeleMessage account, with the
          same email address as their Microsoft 365 account.
        </li>
        <li>
          Install the{" "}
          <Outside to="https://www.telemessage.com/mobile-archiver/whatsapp-phone-archiver-2/">
            WhatsApp Phone Archiver app
          </Outside>{" "}
          on the phones of your employees, or let them keep WhatsApp and activate the{" "}
          <Outside to="https://www.telemessage.com/mobile-archiver/whatsapp-archiver/whatsapp-cloud-archiver/">
            WhatsApp Cloud Archiver
          </Outside>{" "}
          by scanning a QR code.
        </li>
        <li>
          A Global Administrator must consent that this application reads the directory and writes
          to mailboxes (<code>User.Read.All</code>, <code>Mail.ReadWrite</code>). You are led there
          while you create the connector.
        </li>
        <li>
          You need the app role <code>Connector.Admin</code> of this portal; it stands for what
          Microsoft 365 calls the{" "}
          <Outside to="https://learn.microsoft.com/exchange/permissions-exo/role-groups">
            Mailbox Import Export role
          </Outside>
          .
        </li>
      </ul>
    </section>
  );
}

function Outside({ to, children }: { readonly to: string; readonly children: string }) {
  return (
    <a href={to} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
}
