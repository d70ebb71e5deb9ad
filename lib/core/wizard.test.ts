import { describe, expect, test } from "vitest";
import {
  firstOpenStep,
  hindranceToFinish,
  isOpen,
  isWizardStep,
  openSteps,
  stepTitles,
  wizardSteps,
  type DraftFacts,
} from "./wizard";

const fresh: DraftFacts = {
  isTermsAccepted: false,
  isSignedIn: false,
  isMappingChosen: false,
  isConsentGranted: false,
};
const accepted = { ...fresh, isTermsAccepted: true };
const signedIn = { ...accepted, isSignedIn: true };
const mapped = { ...signedIn, isMappingChosen: true };
const complete = { ...mapped, isConsentGranted: true };

test("the steps have Microsoft's order and words", () => {
  expect(wizardSteps.map((step) => stepTitles[step])).toEqual([
    "Terms of service",
    "Login to TeleMessage",
    "User mapping",
    "Admin consent",
    "Review",
  ]);
});

test.each<[string, DraftFacts, string[]]>([
  ["a new draft begins with the terms", fresh, ["terms"]],
  ["accepted terms open the login", accepted, ["terms", "sign-in"]],
  ["the login opens the mapping", signedIn, ["terms", "sign-in", "user-mapping"]],
  ["the mapping opens the consent", mapped, ["terms", "sign-in", "user-mapping", "admin-consent"]],
  ["consent opens the review", complete, [...wizardSteps]],
  [
    "consent that is there already opens nothing by itself",
    { ...fresh, isConsentGranted: true },
    ["terms"],
  ],
  [
    "an answer behind a missing one does not open what follows it",
    { ...complete, isSignedIn: false },
    ["terms", "sign-in"],
  ],
])("%s", (_name, facts, expected) => {
  expect(openSteps(facts)).toEqual(expected);
  expect(firstOpenStep(facts)).toBe(expected.at(-1));
  expect(wizardSteps.filter((step) => isOpen(step, facts))).toEqual(expected);
});

test.each(["terms", "review"])("%s is a step", (word) => {
  expect(isWizardStep(word)).toBe(true);
});

test.each(["", "finish", "Terms", "__proto__", "../review"])("%j is no step", (word) => {
  expect(isWizardStep(word)).toBe(false);
});

describe("Finish", () => {
  const ready = { ...complete, isAutomaticMapping: true, mappingFile: null };

  test("is possible when everything is answered", () => {
    expect(hindranceToFinish(ready)).toBeNull();
  });

  test("names the first step that is missing", () => {
    const missing = hindranceToFinish({ ...ready, isSignedIn: false });
    expect(missing).toEqual({
      step: "sign-in",
      message: 'Complete the step "Login to TeleMessage" first.',
    });
  });

  test("wants at least one way of mapping", () => {
    expect(hindranceToFinish({ ...ready, isAutomaticMapping: false })?.step).toBe("user-mapping");
  });

  test.each([
    ["no line is bad", { badLines: 0, leaveOutBadLines: false }, true],
    ["bad lines are left out explicitly", { badLines: 3, leaveOutBadLines: true }, true],
    ["a line is bad and nobody decided", { badLines: 1, leaveOutBadLines: false }, false],
  ])("with a mapping file: %s", (_name, mappingFile, isPossible) => {
    expect(hindranceToFinish({ ...ready, mappingFile }) === null).toBe(isPossible);
  });
});
