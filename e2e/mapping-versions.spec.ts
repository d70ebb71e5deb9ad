import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "./accessible";
import { control } from "./control";
import { createMapped, csv, lineNumbers, textOf, upload } from "./mapping-steps";
import {
  button,
  createConnector,
  createImported,
  heading,
  importEnded,
  openConnector,
  refusal,
  signIn,
} from "./steps";
import { expect, test } from "./test";
import { chats, newWorld } from "./world";

test("a new version is seen before it is in force, and an earlier one can be taken up again", async ({
  page,
  world,
}) => {
  const { alice, bob } = world;
  await createMapped(page, world, [
    `${alice.mobile},${alice.upn}`,
    `${bob.mobile},${bob.upn}`,
    `447700911111,${alice.upn}`,
  ]);
  await importEnded(page);
  await expect(page.getByText(/mapping file version 1/)).toBeVisible();
  const { pathname } = new URL(page.url());
  await button(page, "Mapping").click();
  await expect(heading(page, "Version 1, in force")).toBeVisible();
  await page.getByLabel("Number, id or mailbox").fill(bob.upn);
  await page.keyboard.press("Enter");
  await expect(lineNumbers(page)).toHaveText(["3"]);
  const download = page.waitForEvent("download");
  await button(page, "Export as CSV").click();
  expect((await textOf(download)).split("\r\n")[2]).toBe(`${bob.mobile},${bob.upn}`);

  await button(page, "Upload a new version").click();
  await expect(heading(page, "Upload a new version")).toBeVisible();
  const next = [
    `${alice.mobile},${bob.upn}`,
    `${bob.mobile},${bob.upn}`,
    `447700922222,${alice.upn}`,
    `447700933333,nobody@${world.key}.example`,
  ];
  await upload(page, csv(...next), "second.csv");
  await expect(page.getByText("4 lines can be used.")).toBeVisible();
  await expectAccessible(page);
  await button(page, "Show what changes").click();
  await expect(heading(page, "What would change from version 1")).toBeVisible();
  const difference = page.getByRole("table", { name: "Difference" });
  for (const kind of ["Added: 2", "Changed: 1", "Removed: 1", "Would lose their mailbox: 1"]) {
    await expect(button(page, kind)).toBeVisible();
  }
  await expect(difference.getByRole("rowheader")).toHaveText(["447700911111"]);
  await expectAccessible(page);
  await button(page, "Changed: 1").press("Enter");
  await expect(button(page, "Changed: 1")).toHaveAttribute("aria-pressed", "true");
  await expect(difference.getByRole("row").nth(1)).toHaveText(
    `${alice.mobile}${alice.upn}${bob.upn}`,
  );
  await button(page, "Added: 2").press("Space");
  await expect(difference.getByRole("rowheader")).toHaveText(["447700922222", "447700933333"]);
  await expect(lineNumbers(page)).toHaveText(["5"]);
  await button(page, "Put version 2 in force").click();
  await expect(refusal(page)).toContainText("choose to leave the bad lines out");
  await page.getByRole("checkbox", { name: "Leave the bad lines out" }).check();
  await button(page, "Put version 2 in force").click();
  await expect(heading(page, "Version 2, in force")).toBeVisible();
  await expect(versionRow(page, 2)).toContainText("1 without a mailbox since");

  await page.getByRole("link", { name: "Version 1", exact: true }).click();
  await button(page, "Go back to version 1").click();
  await expect(page.getByText("Version 3, with what version 1 says, is in force.")).toBeVisible();
  await expect(versionRow(page, 3)).toContainText("Went back to version 1");
  await expectAccessible(page);

  await control("POST", "/records", { records: chats(world, 2, "after") });
  await page.goto(pathname);
  await button(page, "Sync now").click();
  await expect(page.getByText(/mapping file version 3/)).toBeVisible();
  await page.goto("/audit");
  await page.getByLabel("Person").selectOption(world.chief.name);
  await button(page, "Filter").click();
  await expect(page).toHaveURL(/person=/);
  const events = page.getByRole("table", { name: "Audit events" });
  await expect(events.getByRole("row").filter({ hasText: "mapping.applied" })).toContainText(
    "leavesBadLinesOuttrue",
  );
  await expect(events).toContainText("mapping.restored");
});

test("single lines are added, changed and removed, for those who may", async ({
  page,
  browser,
  world,
}) => {
  await createImported(page, world);
  await button(page, "Mapping").click();
  await expect(page.getByText("There is no custom mapping.")).toBeVisible();
  await button(page, "Add a line").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Number or id").fill("0770 0900");
  await dialog.getByLabel("Mailbox").fill("ALICE@e2e.example");
  await dialog.getByRole("button", { name: "Add" }).click();
  await expect(refusal(page)).toBeVisible();
  await expect(dialog.getByLabel("Number or id")).toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByLabel("Mailbox")).toHaveValue("ALICE@e2e.example");
  await expectAccessible(page);
  await dialog.getByLabel("Number or id").fill("+44 7700 944444");
  await dialog.getByLabel("Valid from (optional)").fill("2026-03-01");
  await dialog.getByRole("button", { name: "Add" }).click();
  await expect(page.getByText("The line was added. Version 1 is in force.")).toBeVisible();
  const lines = page.getByRole("table", { name: "Lines", exact: true });
  await expect(lines).toContainText("447700944444");
  await expect(lines).toContainText("valid from 2026-03-01");

  await page.getByRole("link", { name: "Change line 2" }).click();
  await dialog.getByLabel("Mailbox").fill(world.bob.upn);
  await dialog.getByRole("button", { name: "Change" }).click();
  await expect(page.getByText("The line was changed. Version 2 is in force.")).toBeVisible();
  await expect(lines).toContainText(world.bob.upn);

  const auditor = await browser.newPage();
  await signIn(auditor, world.auditor, new URL(page.url()).pathname);
  await expect(lineNumbers(auditor)).toHaveCount(1);
  await expect(auditor.getByRole("link", { name: /line \d/ })).toHaveCount(0);
  await expect(button(auditor, "Upload a new version")).toHaveCount(0);
  await expect(button(auditor, "Export as CSV")).toBeVisible();
  await auditor.close();

  await page.getByRole("link", { name: "Remove line 2" }).click();
  await expect(dialog).toContainText(`447700944444 is no longer mapped to ${world.bob.upn}.`);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await page.getByRole("link", { name: "Remove line 2" }).click();
  await dialog.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("The line was removed. Version 3 is in force.")).toBeVisible();
  await expect(page.getByText("No lines.")).toBeVisible();
});

test("a number that two connectors claim is warned of", async ({ page, browser, world }) => {
  const mobile = "447700955555";
  const first = await createConnector(page, world);
  await openConnector(page, first);
  await addLine(page, mobile, world.alice.upn);
  const otherWorld = await newWorld();
  const context = await browser.newContext();
  const other = await context.newPage();
  const second = await createConnector(other, otherWorld);
  await openConnector(other, second);
  await addLine(other, mobile, otherWorld.bob.upn);
  await expect(
    other.getByText(`Beware: the connector "${first}" names this number or id as well.`),
  ).toBeVisible();
  await expect(other.getByText(`Number or id ${mobile}: ${first}`)).toBeVisible();
  await expectAccessible(other);
  await context.close();
});

async function addLine(page: Page, id: string, mailbox: string): Promise<void> {
  await button(page, "Mapping").click();
  await button(page, "Add a line").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Number or id").fill(id);
  await dialog.getByLabel("Mailbox").fill(mailbox);
  await dialog.getByRole("button", { name: "Add" }).click();
  await expect(page.getByText(/The line was added/)).toBeVisible();
}

function versionRow(page: Page, version: number): Locator {
  return page
    .getByRole("table", { name: "Versions of the mapping" })
    .getByRole("row")
    .filter({ has: page.getByRole("link", { name: `Version ${version}`, exact: true }) });
}
