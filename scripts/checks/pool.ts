/** Runs steps a few at a time: each after those it needs, and those that mind the clock by themselves. */
export type Poolable = {
  readonly name: string;
  readonly after: readonly string[];
  /** Minds the clock: only steps that say the same word run beside it. */
  readonly apartAs: string | null;
};

/** `run` answers whether the step succeeded; what needs a failed one is not run. */
export async function runInPool<T extends Poolable>(
  steps: readonly T[],
  size: number,
  run: (step: T) => Promise<boolean>,
): Promise<void> {
  const waiting = [...steps];
  const running = new Map<T, Promise<void>>();
  const outcomes = new Map<string, boolean>();
  const isOutstanding = (name: string) =>
    [...waiting, ...running.keys()].some((step) => step.name === name);
  const mayStart = (step: T) => {
    if (step.after.some(isOutstanding)) return false;
    const others = [...running.keys()];
    if (others.length >= size || others.some(({ apartAs }) => apartAs !== step.apartAs))
      return false;
    return step.apartAs === null || !waiting.some(({ apartAs }) => apartAs === null);
  };
  while (waiting.length > 0 || running.size > 0) {
    const next = waiting.findIndex(mayStart);
    const [step] = next < 0 ? [] : waiting.splice(next, 1);
    if (step === undefined) {
      await Promise.race(running.values());
    } else if (step.after.every((name) => outcomes.get(name) ?? true)) {
      const ended = run(step).then((hasSucceeded) => {
        outcomes.set(step.name, hasSucceeded);
        running.delete(step);
      });
      running.set(step, ended);
    } else {
      outcomes.set(step.name, false);
    }
  }
}
