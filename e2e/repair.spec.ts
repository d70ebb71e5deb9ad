import type { Page } from "@playwright/test";
import { expectAccessible } from "./accessible";
import { control } from "./control";
import {
  button,
  createConnector,
  createImported,
  heading,
  importEnded,
  openConnector,
  refusal,
  rowOf,
  signIn,
} from "./steps";
import { expect, test } from "./test";
import { chats, mailOf, strangersChat, type World } from "./world";

const dayMs = 24 * 60 * 60_000;

/** A connector whose first run could not write into Bob's mailbox, which has room again. */
async function refusedByBob(page: Page, world: World): Promise<string> {
  await control("PATCH", `/people/${world.bob.upn}`, { mailbox: "full" });
  const name = await createImported(page, world, "Completed with warnings");
  await control("PATCH", `/people/${world.bob.upn}`, { mailbox: "ok" });
  return name;
}

test("what was not imported stands by reason and by mailbox, and one mailbox is retried", async ({
  page,
  world,
}) => {
  await refusedByBob(page, world);
  const reasons = page.getByRole("table", { name: "Not imported, by reason" });
  await expect(reasons.getByRole("rowheader")).toContainText("The mailbox is full.");
  await expectAccessible(page);
  await button(page, `Retry MailboxFull of ${world.bob.upn}`).click();
  await expect(page.getByText("6 items are tried again.")).toBeVisible();
  await importEnded(page);
  await expect(reasons).toHaveCount(0);
  await expect.poll(() => mailOf(world, world.bob)).toBe(6);
});

test("ticked items are retried, and nothing ticked says so", async ({ page, world }) => {
  await refusedByBob(page, world);
  await button(page, "Retry selected").click();
  await expect(refusal(page)).toHaveText("Select the items to retry.");
  const boxes = page.getByRole("checkbox", { name: /^Select chat-/ });
  await expect(boxes).toHaveCount(6);
  await boxes.first().check();
  await boxes.nth(1).press("Space");
  await expect(boxes.nth(1)).toBeChecked();
  await button(page, "Retry selected").click();
  await expect(page.getByText("2 items are tried again.")).toBeVisible();
  await importEnded(page);
});

test("a single item is retried by its own button, or refused in words", async ({ page, world }) => {
  await control("POST", "/records", { records: [strangersChat(world, "447700955555", "lost")] });
  await createImported(page, world, "Completed with warnings");
  await button(page, `Retry lost-${world.key}`).click();
  await expect(refusal(page)).toContainText("1 item waits for a mapping");
});

test("all runs together are retried on a page of their own, which an auditor only reads", async ({
  page,
  browser,
  world,
}) => {
  await refusedByBob(page, world);
  await page.getByRole("link", { name: "Not imported, over all runs" }).click();
  await expect(heading(page, "Not imported")).toBeVisible();
  await expectAccessible(page);
  const other = await browser.newPage();
  await signIn(other, world.auditor, new URL(page.url()).pathname);
  await expect(other.getByRole("table", { name: "Not imported, by mailbox" })).toBeVisible();
  await expect(other.getByRole("button", { name: /^Retry/ })).toHaveCount(0);
  await other.close();
  await button(page, "Retry MailboxFull").click();
  await expect(page.getByText("6 items are tried again.")).toBeVisible();
  await expect.poll(() => mailOf(world, world.bob)).toBe(6);
});

/** UTC noon of the day before yesterday: the same day in every zone of Europe. */
const noonBefore = Math.floor(Date.now() / dayMs) * dayMs - 1.5 * dayMs;

async function askForPeriod(page: Page, from: number, to: number): Promise<void> {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  await button(page, "Import a past period").click();
  await expect(heading(page, "Import a past period")).toBeVisible();
  await page.getByLabel("From").fill(day(from));
  await page.getByLabel("To", { exact: true }).fill(day(to));
  await button(page, "Import").click();
}

test("a past period that is not over is refused beside its field", async ({ page, world }) => {
  const name = await createConnector(page, world);
  await openConnector(page, name);
  await askForPeriod(page, noonBefore, Date.now() + 5 * dayMs);
  await expect(refusal(page)).toContainText("not over");
  const last = page.getByLabel("To", { exact: true });
  await expect(last).toHaveAttribute("aria-invalid", "true");
  await expect(last).toBeFocused();
  await expectAccessible(page);
});

test("a past period is imported, and once more without a second copy", async ({ page, world }) => {
  await control("POST", "/records", { records: chats(world, 2, "past", noonBefore) });
  await createImported(page, world);
  const before = await mailOf(world, world.alice);
  const history = page.getByRole("table", { name: "Run history" });

  await askForPeriod(page, noonBefore, noonBefore);
  await expect(page.getByText(/^A run over .* has begun\.$/)).toBeVisible();
  await expect(history.getByRole("row").nth(1)).toContainText("Past period");
  await importEnded(page);
  await expect.poll(() => mailOf(world, world.alice)).toBe(before + 2);

  await askForPeriod(page, noonBefore, noonBefore);
  await expect(history.getByRole("row").nth(1)).toContainText("Already recorded: 2");
  await importEnded(page);
  expect(await mailOf(world, world.alice)).toBe(before + 2);

  await page.goto(`${new URL(page.url()).pathname}/runs?kind=backfill`);
  await expect(history.getByRole("row")).toHaveCount(3);
});

test("a run is cancelled after a question, and what it left out is retried", async ({
  page,
  world,
}) => {
  await control("POST", "/records", { records: chats(world, 80, "many") });
  await control("PATCH", "/latency", { graph: 1500 });
  const name = await createConnector(page, world);
  await openConnector(page, name);
  await expect(button(page, "Cancel run")).toBeVisible({ timeout: 30_000 });
  await button(page, "Cancel run").click();
  const dialog = page.getByRole("dialog", { name: "Cancel this run?" });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await button(page, "Cancel run").click();
  await dialog.getByRole("button", { name: "Cancel run" }).click();
  const told = page.getByRole("status").filter({ hasText: /The run (was|is being) cancelled\./ });
  await expect(told).toBeVisible();
  await control("PATCH", "/latency", { graph: 0 });
  await importEnded(page, "Completed with warnings");
  const reasons = page.getByRole("table", { name: "Not imported, by reason" });
  await expect(reasons).toContainText("The run was cancelled.");
  await button(page, "Retry Cancelled").click();
  await importEnded(page);
  await expect.poll(() => mailOf(world, world.alice)).toBe(86);
});

/** Deletes the connector whose page is open; what it leads to is the list without it. */
async function remove(page: Page, name: string): Promise<void> {
  await button(page, "Delete").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Connector name").fill(name);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(heading(page, "Data connectors")).toBeVisible();
  await expect(rowOf(page, name)).toHaveCount(0);
}

async function expectNothingOffered(page: Page): Promise<void> {
  await expect(page.getByText("This connector was deleted")).toBeVisible();
  await expect(page.getByRole("table", { name: "Run history" })).toBeVisible();
  for (const absent of ["Sync now", "Pause", "Edit", "Delete", "Import a past period", "Retry"]) {
    await expect(button(page, absent)).toHaveCount(0);
  }
}

test("the page of a deleted connector keeps its history and offers nothing", async ({
  page,
  world,
}) => {
  const name = await createImported(page, world);
  const address = page.url();
  await remove(page, name);
  await page.goto(address);
  await expectNothingOffered(page);
  await page.goto(`${new URL(address).pathname}/edit`);
  await expect(heading(page, "Nothing is here")).toBeVisible();
  await expectAccessible(page);
});

test("a page that was open when its connector was deleted elsewhere offers nothing any more", async ({
  page,
  context,
  world,
}) => {
  const name = await refusedByBob(page, world);
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(button(other, "Sync now")).toBeVisible();
  await expect(button(other, "Retry").first()).toBeVisible();
  await remove(page, name);
  await expectNothingOffered(other);
});
