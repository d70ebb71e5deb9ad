import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createEnvelope, createSecretBox, SealBroken } from "./secret-box";

const context = "credential:tenant:1";
const secret = "correct horse – Батарея 🐎";
const oldKey = { id: "2025", key: randomBytes(32) };
const newKey = { id: "2026", key: randomBytes(32) };
const box = createSecretBox([newKey, oldKey]);

describe("a secret box", () => {
  test("opens what it sealed", () => {
    expect(box.open(box.seal(secret, context), context)).toBe(secret);
  });

  test("opens an empty secret", () => {
    expect(box.open(box.seal("", context), context)).toBe("");
  });

  test("shows nothing of the secret", () => {
    expect(Buffer.from(box.seal(secret, context)).includes("horse")).toBe(false);
  });

  test("seals the same secret differently every time", () => {
    expect(box.seal(secret, context)).not.toEqual(box.seal(secret, context));
  });

  test("refuses a box in which any single byte was changed", () => {
    const sealed = box.seal(secret, context);
    const opened = [...sealed.keys()].filter((at) => opens(changedAt(sealed, at)));
    expect(opened).toEqual([]);
  });

  test("refuses a box that was cut, at whatever length", () => {
    const sealed = box.seal(secret, context);
    const opened = [...sealed.keys()].filter((length) => opens(sealed.subarray(0, length)));
    expect(opened).toEqual([]);
  });

  test("refuses a box with something appended", () => {
    expect(opens(Buffer.concat([box.seal(secret, context), Buffer.alloc(1)]))).toBe(false);
  });

  test("refuses a box that belongs to another row", () => {
    const sealed = box.seal(secret, context);
    expect(() => box.open(sealed, "credential:tenant:2")).toThrow(SealBroken);
  });

  test("opens what an older key sealed, and seals with the newest", () => {
    const old = createSecretBox([oldKey]);
    expect(box.open(old.seal(secret, context), context)).toBe(secret);
    expect(() => old.open(box.seal(secret, context), context)).toThrow(SealBroken);
  });

  test("opens what a newer key sealed, once it stands at the end of the list", () => {
    const told = createSecretBox([oldKey, newKey]);
    expect(told.open(box.seal(secret, context), context)).toBe(secret);
    expect(createSecretBox([oldKey]).open(told.seal(secret, context), context)).toBe(secret);
  });

  test("refuses a box under an id that now names another key", () => {
    const impostor = createSecretBox([{ id: newKey.id, key: randomBytes(32) }]);
    expect(() => impostor.open(box.seal(secret, context), context)).toThrow(SealBroken);
  });

  test.each([
    ["no key at all", []],
    ["a key that is too short", [{ id: "a", key: randomBytes(16) }]],
    ["an empty id", [{ id: "", key: randomBytes(32) }]],
    ["an id longer than its length byte can say", [{ id: "x".repeat(256), key: randomBytes(32) }]],
    ["two keys with one id", [newKey, { id: newKey.id, key: randomBytes(32) }]],
  ])("is not made with %s", (_name, keys) => {
    expect(() => createEnvelope(keys)).toThrow();
  });
});

function opens(sealed: Uint8Array): boolean {
  try {
    box.open(sealed, context);
    return true;
  } catch (error) {
    if (error instanceof SealBroken) return false;
    throw error;
  }
}

function changedAt(sealed: Uint8Array, at: number): Uint8Array {
  const changed = Uint8Array.from(sealed);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
