"use client";

import { GoButton } from "@/components/shell/buttons";
import styles from "./step-buttons.module.css";
import type { ReactNode } from "react";

/** Back and on, side by side; Back is a form of its own and loses nothing of the draft. */
export function StepButtons({
  back,
  children,
}: {
  readonly back: string | null;
  readonly children: ReactNode;
}) {
  return (
    <div className={styles.row}>
      {back ? <GoButton to={back}>Back</GoButton> : null}
      {children}
    </div>
  );
}
