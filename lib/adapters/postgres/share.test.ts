import { expect, test } from "vitest";
import { shareOf, type Share } from "./share";

/** A database that answers when it is told to. */
function patient() {
  const open: { readonly text: string; readonly end: (failure?: Error) => void }[] = [];
  const database: Share = {
    query: (text) =>
      new Promise((resolve, reject) => {
        open.push({ text, end: (failure) => (failure ? reject(failure) : resolve([])) });
      }),
    transaction: (run) => run({ query: (text) => database.query(text) }),
  };
  return { database, open };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("no more than its places are taken at a time, in the order of asking", async () => {
  const { database, open } = patient();
  const share = shareOf(database, 2);
  const asked = ["a", "b", "c", "d"].map((text) => share.query(text));
  await settled();
  expect(open.map(({ text }) => text)).toEqual(["a", "b"]);
  open[1]?.end();
  await settled();
  expect(open.map(({ text }) => text)).toEqual(["a", "b", "c"]);
  open[0]?.end();
  await settled();
  for (const { end } of open) end();
  expect(await Promise.all(asked)).toEqual([[], [], [], []]);
});

test("a transaction keeps its place to its end", async () => {
  const { database, open } = patient();
  const share = shareOf(database, 1);
  const both = share.transaction(async (sql) => {
    await sql.query("first");
    await sql.query("second");
  });
  const after = share.query("after");
  for (const text of ["first", "second", "after"]) {
    await settled();
    expect(open.at(-1)?.text).toBe(text);
    open.at(-1)?.end();
  }
  await Promise.all([both, after]);
});

test("what fails gives its place back", async () => {
  const { database, open } = patient();
  const share = shareOf(database, 1);
  const failing = share.query("a");
  const next = share.query("b");
  await settled();
  open[0]?.end(new Error("away"));
  await expect(failing).rejects.toThrow("away");
  await settled();
  open[1]?.end();
  expect(await next).toEqual([]);
});
