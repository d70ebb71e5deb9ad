import { expectAccessible } from "./accessible";
import { control } from "./control";
import {
  button,
  createConnector,
  expectAudited,
  importEnded,
  openConnector,
  signIn,
} from "./steps";
import { expect, test } from "./test";
import { mailOf } from "./world";

const hourMs = 60 * 60_000;

test("a span that the archive no longer held is named on the page until somebody acknowledges it with a reason", async ({
  page,
  browser,
  world,
}) => {
  const oldestAvailable = new Date(Date.now() - 12 * hourMs).toISOString();
  await control("PATCH", "/telemessage", { oldestAvailable });
  const name = await createConnector(page, world);
  await openConnector(page, name);
  await importEnded(page);
  // What was left is there.
  await expect.poll(() => mailOf(world, world.alice)).toBe(6);

  const bar = page.getByText("TeleMessage no longer held a span of time");
  const span = page.getByText(/^Nothing could be archived from .+ to .+ Ask TeleMessage/);
  await expect(bar).toBeVisible();
  await expect(span).toBeVisible();
  const path = new URL(page.url()).pathname;
  const other = await browser.newPage();
  await signIn(other, world.auditor, path);
  await expect(other.getByText("TeleMessage no longer held a span of time")).toBeVisible();
  await expect(button(other, "Acknowledge")).toHaveCount(0);
  await other.close();

  const reason = page.getByLabel("Reason");
  await reason.fill("   ");
  await button(page, "Acknowledge").click();
  await expect(reason).toHaveAccessibleDescription("Say why the gap can stay.");
  await expectAccessible(page);
  await page.goto(path);
  await expect(bar).toBeVisible();

  await reason.fill("Known to legal, case 7");
  await button(page, "Acknowledge").click();
  await expect(page.getByText("The span was acknowledged.")).toBeVisible();
  await expect(bar).toHaveCount(0);
  await page.goto(path);
  await expect(page.getByText(`Acknowledged by ${world.chief.name}`)).toContainText("case 7");
  await expect(bar).toHaveCount(0);
  const acknowledged = "Acknowledged what the source no longer held";
  await expectAudited(browser, world.auditor, acknowledged, world.chief.name, "case 7");
});
