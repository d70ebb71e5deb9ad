import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { deliveryOf } from "@/lib/testing/zip-files";
import type { SftpServer } from "../scripts/testing/sftp-server";
import { expectAccessible } from "./accessible";
import { archivedMail } from "./control";
import {
  acceptTerms,
  button,
  expectAudited,
  grantAtEntra,
  heading,
  importEnded,
  openConnector,
  signIn,
} from "./steps";
import { confirmKey, enterServer, fileName, test, vendorMail } from "./sftp-server";
import { expect } from "./test";
import type { World } from "./world";

const waitMs = 60_000;

/** In the first window, and on a day that is over wherever the browser is. */
const zippedAt = new Date(Date.now() - 24 * 3_600_000);
const fileOf = (number: number) => fileName(number, zippedAt);

async function createBySftp(page: Page, world: World, server: SftpServer): Promise<void> {
  const name = `By SFTP ${world.key}`;
  await signIn(page, world.chief);
  await acceptTerms(page);
  await enterServer(page, server);
  await page.getByLabel("Private key").fill(server.privateKey);
  await button(page, "Next").click();
  await confirmKey(page);
  await expect(heading(page, "User mapping")).toBeVisible({ timeout: waitMs });
  await button(page, "Next").click();
  await grantAtEntra(page);
  await button(page, "Next").click();
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();
  await openConnector(page, name);
}

test("a broken file is shown with its reason, and done once it was mended; what was delivered is downloaded as it came", async ({
  page,
  browser,
  world,
  server,
}) => {
  test.setTimeout(4 * waitMs);
  const whole = vendorMail(`whole-${world.key}`, zippedAt, world.alice, world.bob);
  const late = await deliveryOf([
    vendorMail(`late-${world.key}`, zippedAt, world.bob, world.alice),
  ]);
  await writeFile(join(server.folder, fileOf(1)), await deliveryOf([whole]));
  await writeFile(join(server.folder, fileOf(2)), late.subarray(0, 200));
  await createBySftp(page, world, server);
  await importEnded(page, "Completed with warnings");

  const files = page.getByRole("table", { name: "Delivered files" });
  const broken = files.getByRole("row").filter({ hasText: fileOf(2) });
  await expect(broken).toContainText("It is damaged or not whole yet. Ask for it anew");
  await expect(files.getByRole("row").filter({ hasText: fileOf(1) })).toContainText("Done");
  await expect(page.getByText("Files zipped from").first()).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("link", { name: "All delivered files" }).click();
  await expect(heading(page, "All delivered files")).toBeVisible();
  await expect(files.getByRole("row")).toHaveCount(3);
  await page.getByLabel("Show").selectOption("Left alone or missing");
  await button(page, "Filter").click();
  await expect(files.getByRole("row")).toHaveCount(2);
  await expect(broken).toContainText("Left alone");
  await page.getByLabel("Show").selectOption("Waiting");
  await button(page, "Filter").click();
  await expect(page.getByText("No file matches the filter.")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: `By SFTP ${world.key}` }).click();

  await writeFile(join(server.folder, fileOf(2)), late);
  await button(page, "Import a past period").click();
  const day = zippedAt.toLocaleDateString("sv-SE", { timeZone: "Europe/Berlin" });
  await page.getByLabel("From").fill(day);
  await page.getByLabel("To", { exact: true }).fill(day);
  await button(page, "Import").click();
  await expect(broken).toContainText("Done", { timeout: waitMs });
  await expect(broken).not.toContainText("damaged");
  const subjects = async () =>
    (await archivedMail(world.alice.upn)).messages.map(({ subject }) => subject);
  await expect.poll(subjects, { timeout: waitMs }).toContain(`late-${world.key}`);

  const table = page.getByRole("table", { name: "Run history" });
  await table.getByRole("row").last().getByRole("link").click();
  const id = `<whole-${world.key}@vendor.example>`;
  await page.getByRole("table", { name: "Items" }).getByRole("link", { name: id }).first().click();
  await expect(heading(page, `Item ${id}`)).toBeVisible();
  await expect(page.getByText("Zipped for delivery")).toBeVisible();
  await expect(page.getByRole("link", { name: /^Download/ })).toHaveCount(0);
  const path = new URL(page.url()).pathname;

  const context = await browser.newContext();
  const other = await context.newPage();
  await signIn(other, world.reviewer, path);
  await other.getByRole("link", { name: "Download the raw record" }).click();
  const dialog = other.getByRole("dialog", { name: "Download the raw record" });
  await dialog.getByLabel("Reason").fill("Case 13");
  const begun = other.waitForEvent("download");
  await button(other, "Download").click();
  const download = await begun;
  expect(download.suggestedFilename()).toMatch(/^record-[0-9a-f-]{36}\.eml$/);
  expect((await readFile(await download.path())).equals(whole)).toBe(true);
  const refused = await page.request.get(download.url());
  expect(refused.status()).toBe(403);
  await context.close();

  await expectAudited(browser, world.auditor, "Downloaded an item", world.reviewer.name, "Case 13");
});
