import Link from "next/link";
import { type WizardStep, stepTitles, wizardSteps } from "@/lib/core/wizard";
import styles from "./wizard-frame.module.css";

type Props = { readonly step: WizardStep; readonly openSteps: readonly WizardStep[] };

/** Where one is. Steps that are open are links, in both directions. */
export function Stepper({ step, openSteps }: Props) {
  const firstOpen = openSteps[openSteps.length - 1];
  return (
    <nav aria-label="Steps">
      <ol className={styles.steps}>
        {wizardSteps.map((each) => {
          const isOpen = openSteps.includes(each);
          const isDone = isOpen && each !== firstOpen;
          return (
            <li
              key={each}
              aria-current={each === step ? "step" : undefined}
              data-state={isDone ? "done" : isOpen ? "open" : "closed"}
            >
              {isOpen && each !== step ? (
                <Link href={stepPath(each)}>{stepTitles[each]}</Link>
              ) : (
                <span>{stepTitles[each]}</span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

export function stepPath(step: WizardStep): string {
  return `/data-connectors/whatsapp/new/${step}`;
}
