import { expect, test } from "vitest";
import { auditNoteName, readAuditNote } from "./audit-note";

const tenant = "3f2c0d6e-0000-4000-8000-000000000001";

test("a note is named after the day and the link it keeps, and read back from its name", () => {
  const at = new Date("2026-11-22T23:59:59.000Z");
  const blobName = auditNoteName(tenant, { sequence: 41n, hash: "" }, at);
  expect(blobName).toBe(`${tenant}/audit/2026-11-22-41`);
  expect(readAuditNote(tenant, blobName)).toEqual({ blobName, day: "2026-11-22", sequence: 41n });
});

test.each([
  `${tenant}/audit/2026-11-22`,
  `${tenant}/audit/2026-11-22-x`,
  `${tenant}/audit/more/2026-11-22-41`,
  `${tenant}/other/2026-11-22-41`,
  `other/audit/2026-11-22-41`,
])("what is called %s is no note", (blobName) => {
  expect(readAuditNote(tenant, blobName)).toBeNull();
});
