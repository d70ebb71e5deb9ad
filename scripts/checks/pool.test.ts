import { expect, test } from "vitest";
import { runInPool, type Poolable } from "./pool";

function step(name: string, more: Partial<Poolable> = {}): Poolable {
  return { name, after: [], apartAs: null, ...more };
}

/** Lets every step take one turn of the event loop and notes who ran beside whom. */
async function traceOf(steps: readonly Poolable[], failing: readonly string[] = []) {
  const running = new Set<string>();
  const trace: string[] = [];
  await runInPool(steps, 2, async ({ name }) => {
    running.add(name);
    trace.push([...running].join("+"));
    await new Promise((resolve) => setImmediate(resolve));
    running.delete(name);
    return !failing.includes(name);
  });
  return trace;
}

test("no more steps run at a time than the pool is large", async () => {
  const trace = await traceOf(["a", "b", "c", "d"].map((name) => step(name)));
  expect(Math.max(...trace.map((names) => names.split("+").length))).toBe(2);
});

test("a step waits for those it needs", async () => {
  const trace = await traceOf([step("built", { after: ["source"] }), step("source")]);
  expect(trace).toEqual(["source", "built"]);
});

test("a step that minds the clock runs last, and beside its own kind alone", async () => {
  const clock = { apartAs: "clock" };
  const trace = await traceOf([step("c1", clock), step("a"), step("c2", clock), step("b")]);
  expect(trace).toEqual(["a", "a+b", "c1", "c1+c2"]);
});

test("what needs a failed step is not run", async () => {
  const trace = await traceOf([step("source"), step("built", { after: ["source"] })], ["source"]);
  expect(trace).toEqual(["source"]);
});

test("a step may need one that nobody asked for", async () => {
  expect(await traceOf([step("built", { after: ["source"] })])).toEqual(["built"]);
});
