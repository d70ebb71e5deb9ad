import { expect, test } from "vitest";
import { isStagedName, stagedPrefix } from "./staged-name";

const tenant = "3f2c0d6e-0000-4000-8000-000000000001";
const run = "3f2c0d6e-0000-4000-8000-000000000002";
const random = "0123456789abcdef0123456789abcdef";

test.each([
  ["a staged blob is the sweep's", `${tenant}/${run}/12/${random}`, true],
  ["a head of the audit is not", `${tenant}/audit/2026-11-22-41`, false],
  ["a blob of another tenant is not", `${run}/${tenant}/1/${random}`, false],
  ["a name with more parts is not", `${tenant}/${run}/1/more/${random}`, false],
  ["a name with fewer parts is not", `${tenant}/${run}/${random}`, false],
  ["a name somebody chose is not", `${tenant}/${run}/1/backup.zip`, false],
  ["a name that only begins like one is not", `${tenant}/${run}/1/${random}.old`, false],
  ["an empty name is not", "", false],
])("%s", (_name, blobName, expected) => {
  expect(isStagedName(tenant, blobName)).toBe(expected);
});

test("a blob that takes another's place stays with its run and attempt", () => {
  expect(stagedPrefix(`${tenant}/${run}/3/${random}`)).toBe(`${tenant}/${run}/3`);
});
