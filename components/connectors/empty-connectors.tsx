import { GoButton } from "@/components/shell/buttons";
import styles from "./empty-connectors.module.css";

export function EmptyConnectors({ mayManage }: { readonly mayManage: boolean }) {
  return (
    <div className={styles.empty}>
      <h2 className={styles.title}>No connector yet</h2>
      <p>
        A connector reads WhatsApp data from TeleMessage once a day and imports it to the mailboxes
        of the people it belongs to.
      </p>
      {mayManage ? (
        <GoButton to="/data-connectors/whatsapp" look="primary">
          Set up WhatsApp Archiver
        </GoButton>
      ) : null}
    </div>
  );
}
