import Link from "next/link";
import page from "./page.module.css";

export function NothingHere() {
  return (
    <div className={page.narrow}>
      <h1 className={page.heading}>Nothing is here</h1>
      <p>
        The page does not exist, or what it showed was deleted.{" "}
        <Link href="/data-connectors">Go to the data connectors</Link>.
      </p>
    </div>
  );
}
