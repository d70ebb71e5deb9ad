import { acceptTerms, button, heading, signIn } from "./steps";
import { expect, test } from "./test";

test("what somebody did stands in the audit, and the chain is whole", async ({
  page,
  browser,
  world,
}) => {
  await signIn(page, world.admin);
  await acceptTerms(page);
  const other = await browser.newPage();
  await signIn(other, world.auditor, "/audit");
  await expect(heading(other, "Audit")).toBeVisible();
  await other.getByLabel("Person").selectOption(world.admin.name);
  await button(other, "Filter").click();
  await expect(other).toHaveURL(/person=/);
  const events = other.getByRole("table", { name: "Audit events" });
  await expect(events.getByRole("row").nth(1)).toContainText(/terms/i);
  await expect(events).not.toContainText(world.auditor.name);

  await button(other, "Verify chain").click();
  await expect(other.getByText("The chain is whole")).toBeVisible();
  await other.close();
});

test("the audit is filtered by day", async ({ page, world }) => {
  await signIn(page, world.auditor, "/audit");
  await page.getByLabel("Day (UTC)").fill("2001-01-01");
  await button(page, "Filter").click();
  await expect(page.getByText("No event matches the filter.")).toBeVisible();
  await page.getByLabel("Day (UTC)").fill(new Date().toISOString().slice(0, 10));
  await button(page, "Filter").click();
  await expect(page.getByRole("table", { name: "Audit events" })).toContainText("Signed in");
});
