import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expectAccessible } from "./accessible";
import {
  button,
  createConnector,
  expectAudited,
  heading,
  importEnded,
  openConnector,
  signIn,
} from "./steps";
import { expect, test } from "./test";

test("a reviewer downloads a message after giving a reason, which stands in the audit; nobody else does", async ({
  page,
  browser,
  world,
}) => {
  const connectorId = await createConnector(page, world);
  await openConnector(page, connectorId);
  await importEnded(page, "Completed");
  await page
    .getByRole("table", { name: "Items" })
    .getByRole("link", { name: `chat-${world.key}-0` })
    .first()
    .click();
  await expect(heading(page, `Item chat-${world.key}-0`)).toBeVisible();
  await expect(page.getByText(/^The original is kept/)).toBeVisible();
  await expect(page.getByText("you need the role Connector.Reviewer")).toBeVisible();
  await expect(page.getByRole("link", { name: /^Download/ })).toHaveCount(0);
  await expectAccessible(page);
  const path = new URL(page.url()).pathname;

  const context = await browser.newContext();
  const other = await context.newPage();
  await signIn(other, world.reviewer, path);
  const sha256 = await other
    .locator("dt", { hasText: "SHA-256 of the canonical message" })
    .locator("xpath=following-sibling::dd")
    .innerText();
  await other.getByRole("link", { name: "Download the canonical message" }).click();
  const dialog = other.getByRole("dialog", { name: "Download the canonical message" });
  await button(other, "Download").click();
  await expect(dialog.getByLabel("Reason")).toHaveAttribute("aria-invalid", "true");
  await expect(dialog).toContainText("Say why you need it.");
  await expectAccessible(other);
  await dialog.getByLabel("Reason").fill("Case 12");
  const begun = other.waitForEvent("download");
  await button(other, "Download").click();
  const download = await begun;
  expect(download.suggestedFilename()).toMatch(/^message-[0-9a-f-]{36}\.eml$/);
  expect(download.url()).not.toContain("Case");
  const bytes = await readFile(await download.path());
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256.trim());
  expect(bytes.toString()).toContain(world.alice.name);
  await expect(dialog).toContainText("The download has begun");
  await expectAccessible(other);

  const refused = await page.request.get(download.url());
  expect(refused.status()).toBe(403);
  expect(await refused.text()).toContain("Connector.Reviewer");
  const made = await other.request.get(`${path}/download?what=message&grant=1`);
  expect(made.status()).toBe(403);
  await context.close();

  await expectAudited(browser, world.auditor, "Downloaded an item", world.reviewer.name, "Case 12");
});
