import Link from "next/link";
import styles from "./breadcrumbs.module.css";

export type Crumb = { readonly label: string; readonly href: string };

/** Where the page stands; the page itself is the last one and no link. */
export function Breadcrumbs({
  trail,
  here,
}: {
  readonly trail: readonly Crumb[];
  readonly here: string;
}) {
  return (
    <nav aria-label="Breadcrumb">
      <ol className={styles.trail}>
        {trail.map(({ label, href }) => (
          <li key={href}>
            <Link href={href}>{label}</Link>
          </li>
        ))}
        <li aria-current="page">{here}</li>
      </ol>
    </nav>
  );
}
