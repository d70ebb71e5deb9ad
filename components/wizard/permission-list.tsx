import page from "@/components/shell/page.module.css";

/** What is asked for, and what for. Nothing else is. */
export function PermissionList() {
  return (
    <ul className={page.prose}>
      <li>
        <code>User.Read.All</code>: read all users&apos; profiles, to find the mailbox of a
        participant
      </li>
      <li>
        <code>Mail.ReadWrite</code>: read and write mail in all mailboxes, to import items to the
        folder WhatsApp Archiver and to look there before an item is written again
      </li>
    </ul>
  );
}
