/** The wizard's steps: their order, when one is open, and what still hinders the last. */

export const wizardSteps = ["terms", "sign-in", "user-mapping", "admin-consent", "review"] as const;
export type WizardStep = (typeof wizardSteps)[number];

/** As in Microsoft's article, so that somebody following it finds their way. */
export const stepTitles: Record<WizardStep, string> = {
  terms: "Terms of service",
  "sign-in": "Login to TeleMessage",
  "user-mapping": "User mapping",
  "admin-consent": "Admin consent",
  review: "Review",
};

export function isWizardStep(word: string): word is WizardStep {
  return wizardSteps.some((step) => step === word);
}

/** What the draft holds, as far as the order of the steps is concerned. */
export type DraftFacts = {
  /** Of the version of the terms in force. */
  readonly isTermsAccepted: boolean;
  readonly isSignedIn: boolean;
  /** Answered, and at least one way of mapping chosen. */
  readonly isMappingChosen: boolean;
  readonly isConsentGranted: boolean;
};

const isDone: Record<WizardStep, (facts: DraftFacts) => boolean> = {
  terms: (facts) => facts.isTermsAccepted,
  "sign-in": (facts) => facts.isSignedIn,
  "user-mapping": (facts) => facts.isMappingChosen,
  "admin-consent": (facts) => facts.isConsentGranted,
  review: () => false,
};

/** Every step whose predecessors are all done. The first is always open. */
export function openSteps(facts: DraftFacts): WizardStep[] {
  const open: WizardStep[] = [];
  for (const step of wizardSteps) {
    open.push(step);
    if (!isDone[step](facts)) break;
  }
  return open;
}

export function isOpen(step: WizardStep, facts: DraftFacts): boolean {
  return openSteps(facts).includes(step);
}

/** Where somebody who comes back goes on: the first step that still wants an answer. */
export function firstOpenStep(facts: DraftFacts): WizardStep {
  return openSteps(facts).at(-1) ?? "terms";
}

export type FinishFacts = DraftFacts & {
  readonly isAutomaticMapping: boolean;
  readonly mappingFile: null | { readonly badLines: number; readonly leaveOutBadLines: boolean };
};

/** Why Finish is not possible yet, in words and with the step that mends it; null when it is. */
export function hindranceToFinish(
  facts: FinishFacts,
): { readonly step: WizardStep; readonly message: string } | null {
  const step = firstOpenStep(facts);
  if (step !== "review") return { step, message: `Complete the step "${stepTitles[step]}" first.` };
  if (!facts.isAutomaticMapping && facts.mappingFile === null) {
    return {
      step: "user-mapping",
      message: "Enable automatic user mapping or upload a mapping file.",
    };
  }
  if (
    facts.mappingFile !== null &&
    facts.mappingFile.badLines > 0 &&
    !facts.mappingFile.leaveOutBadLines
  ) {
    return {
      step: "user-mapping",
      message:
        "The mapping file has lines with errors. Mend them and upload the file again, or choose to leave the bad lines out.",
    };
  }
  return null;
}
