import type { ReactNode } from "react";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { DraftView } from "@/lib/core/wizard-view";
import { type WizardStep, stepTitles } from "@/lib/core/wizard";
import { Stepper } from "./stepper";
import styles from "./wizard-frame.module.css";

type Props = {
  readonly step: WizardStep;
  readonly draft: DraftView;
  /** The step that was asked for and is not open yet. */
  readonly askedFor: WizardStep | null;
  readonly flash: ReactNode;
  readonly children: ReactNode;
};

/** One step of the wizard: where it stands, its heading, its answer. */
export function WizardFrame({ step, draft, askedFor, flash, children }: Props) {
  return (
    <div className={page.wide}>
      <Breadcrumbs
        trail={[
          { label: "Data connectors", href: "/data-connectors" },
          { label: "WhatsApp Archiver", href: "/data-connectors/whatsapp" },
        ]}
        here="Add connector"
      />
      <div className={styles.columns}>
        <Stepper step={step} openSteps={draft.openSteps} />
        <div className={`${page.section} ${styles.step}`}>
          <h1 className={page.heading}>{stepTitles[step]}</h1>
          {askedFor ? (
            <Notice kind="refusal">
              The step &quot;{stepTitles[askedFor]}&quot; is not open yet. Complete this one first.
            </Notice>
          ) : null}
          {flash}
          {children}
        </div>
      </div>
    </div>
  );
}
