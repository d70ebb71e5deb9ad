import { Notice } from "./notice";
import styles from "./page.module.css";

/** A page that only says why there is no page. */
export function Refusal({ title, message }: { readonly title: string; readonly message: string }) {
  return (
    <div className={styles.narrow}>
      <h1 className={styles.heading}>{title}</h1>
      <Notice kind="refusal">{message}</Notice>
    </div>
  );
}
