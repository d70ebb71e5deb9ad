"use client";

import { useFormStatus } from "react-dom";
import styles from "./sign-out-button.module.css";

/** Fluent's buttons have no look for a coloured bar. */
export function SignOutButton() {
  const { pending } = useFormStatus();
  return (
    <button type="submit" aria-disabled={pending || undefined} className={styles.button}>
      Sign out
    </button>
  );
}
