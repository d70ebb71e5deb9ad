import Link from "next/link";
import styles from "@/components/shell/page.module.css";

export const metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <div className={styles.narrow}>
      <h1 className={styles.heading}>Nothing is here</h1>
      <p>
        The page does not exist, or what it showed was deleted.{" "}
        <Link href="/data-connectors">Go to the data connectors</Link>.
      </p>
    </div>
  );
}
