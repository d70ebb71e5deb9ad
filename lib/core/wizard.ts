/** The wizard's steps: their order, when one is open, and what a later change takes back. */

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

export function isStepDone(step: WizardStep, facts: DraftFacts): boolean {
  return isOpen(step, facts) && isDone[step](facts);
}

export function nextStep(step: WizardStep): WizardStep | null {
  return wizardSteps[wizardSteps.indexOf(step) + 1] ?? null;
}

export type DraftChange =
  | "termsRenewed"
  | "passwordReplaced"
  | "sourceAccountChanged"
  | "mappingChanged"
  | "consentWithdrawn";

/**
 * What a change takes back. Another TeleMessage account archives other people, so the mapping is
 * looked at again; consent belongs to the tenant and outlives every change of source and mapping.
 */
const invalidated: Record<DraftChange, readonly WizardStep[]> = {
  termsRenewed: ["terms"],
  passwordReplaced: [],
  sourceAccountChanged: ["user-mapping"],
  mappingChanged: [],
  consentWithdrawn: ["admin-consent"],
};

export function stepsInvalidatedBy(change: DraftChange): readonly WizardStep[] {
  return invalidated[change];
}

/** The draft's facts after a change: what it takes back is asked again, nothing else. */
export function factsAfter(facts: DraftFacts, change: DraftChange): DraftFacts {
  const again = stepsInvalidatedBy(change);
  return {
    isTermsAccepted: facts.isTermsAccepted && !again.includes("terms"),
    isSignedIn: facts.isSignedIn && !again.includes("sign-in"),
    isMappingChosen: facts.isMappingChosen && !again.includes("user-mapping"),
    isConsentGranted: facts.isConsentGranted && !again.includes("admin-consent"),
  };
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
