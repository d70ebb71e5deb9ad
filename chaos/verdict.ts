/** What is there in the end, compared with what should be. */
import { checkGaps, type Forgetting } from "./checker/gaps";
import { checkItems } from "./checker/items";
import { checkMailboxes } from "./checker/mailboxes";
import { checkRuns } from "./checker/runs";
import type { Violation } from "./checker/violation";
import { flawed } from "./drop";
import { expectationOf } from "./expectation";
import type { Observation } from "./observation";
import { deedIn, oldestHeld, type Plan } from "./plan";
import type { RecordTruth } from "./truth";

export function verdictOn(
  plan: Plan,
  records: readonly RecordTruth[],
  seen: Observation,
): Violation[] {
  const expected = expectationOf(plan.cast, records, {
    isMappedLater: deedIn(plan, "extendMapping") !== undefined,
    isMappedAnew: deedIn(plan, "changeMapping") !== undefined,
  });
  const forgetting = forgettingIn(plan);
  return [
    ...checkItems(expected, seen, forgetting),
    ...checkMailboxes(expected, seen, { sharesIds: plan.drop !== null }),
    ...checkGaps(forgetting, seen),
    ...checkRuns(
      {
        mayManifestDiffer: plan.storm.some(
          (stroke) => stroke.kind === "habit" && "manifest" in stroke.patch,
        ),
        mayExpire: forgetting !== null,
        flawedAt: plan.drop === null ? [] : flawed(plan.drop).map(({ at }) => at),
      },
      seen,
    ),
  ];
}

function forgettingIn(plan: Plan): Forgetting {
  const forget = deedIn(plan, "forget");
  if (forget === undefined) return null;
  return { oldest: oldestHeld(plan, forget.share), isForGood: forget.isForGood };
}
