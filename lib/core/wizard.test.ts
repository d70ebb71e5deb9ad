import { describe, expect, test } from "vitest";
import {
  factsAfter,
  firstOpenStep,
  hindranceToFinish,
  isOpen,
  isStepDone,
  isWizardStep,
  nextStep,
  openSteps,
  stepTitles,
  stepsInvalidatedBy,
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

test("a step counts as done only when it is open", () => {
  const facts = { ...complete, isTermsAccepted: false };
  expect(wizardSteps.filter((step) => isStepDone(step, facts))).toEqual([]);
  expect(wizardSteps.filter((step) => isStepDone(step, complete))).toEqual(wizardSteps.slice(0, 4));
});

test("each step leads to the next, the last to none", () => {
  expect(wizardSteps.map(nextStep)).toEqual([...wizardSteps.slice(1), null]);
});

test.each(["terms", "review"])("%s is a step", (word) => {
  expect(isWizardStep(word)).toBe(true);
});

test.each(["", "finish", "Terms", "__proto__", "../review"])("%j is no step", (word) => {
  expect(isWizardStep(word)).toBe(false);
});

describe("what a later change takes back", () => {
  test("another TeleMessage account archives other people: the mapping is asked again", () => {
    expect(stepsInvalidatedBy("sourceAccountChanged")).toEqual(["user-mapping"]);
    expect(firstOpenStep(factsAfter(complete, "sourceAccountChanged"))).toBe("user-mapping");
  });

  test("a new password for the same account takes nothing back", () => {
    expect(factsAfter(complete, "passwordReplaced")).toEqual(complete);
  });

  test("another mapping leaves login and consent as they are", () => {
    expect(factsAfter(complete, "mappingChanged")).toEqual(complete);
  });

  test("new terms are asked again, and nothing else is lost", () => {
    const facts = factsAfter(complete, "termsRenewed");
    expect(firstOpenStep(facts)).toBe("terms");
    expect(firstOpenStep({ ...facts, isTermsAccepted: true })).toBe("review");
  });

  test("consent that was withdrawn closes the review", () => {
    expect(firstOpenStep(factsAfter(complete, "consentWithdrawn"))).toBe("admin-consent");
  });
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
