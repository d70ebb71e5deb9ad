import Link from "next/link";
import styles from "./catalogue.module.css";

/** What can be connected. One card today; other sources stand beside it when they come. */
export function Catalogue() {
  return (
    <ul className={styles.cards}>
      <li>
        <Link href="/data-connectors/whatsapp" className={styles.card}>
          <span className={styles.name}>WhatsApp Archiver</span>
          <span className={styles.by}>TeleMessage</span>
          <span className={styles.text}>
            Import and archive WhatsApp calls, chats, attachments, files, and deleted messages.
          </span>
        </Link>
      </li>
    </ul>
  );
}
