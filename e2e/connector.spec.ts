import { control } from "./control";
import { csv, textOf, upload } from "./mapping-steps";
import {
  button,
  createConnector,
  createImported,
  factOf,
  grantAtEntra,
  heading,
  importEnded,
  openConnector,
  reachReview,
  refusal,
  rowOf,
  signIn,
} from "./steps";
import { expect, test } from "./test";
import { chats, mailOf, strangersChat } from "./world";

test("progress appears by itself, with a bar and counts", async ({ page, world }) => {
  await control("POST", "/records", { records: chats(world, 150, "more") });
  await signIn(page, world.chief);
  await reachReview(page, world);
  // Slow enough that it is still under way when a busy machine has shown the page.
  await control("PATCH", "/latency", { graph: 1500 });
  const name = `Archive ${world.key}`;
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();
  const row = rowOf(page, name);
  await expect(row.getByRole("progressbar")).toBeVisible();
  const figures = row.getByText(/\d+ of \d+ items/);
  await expect(figures).toBeVisible();
  const before = await figures.textContent();
  await expect(figures).not.toHaveText(before ?? "");
  await openConnector(page, name);
  await expect(page.getByRole("progressbar").first()).toBeVisible();
  await control("PATCH", "/latency", { graph: 0 });
  await importEnded(page);
  await expect(page.getByRole("progressbar")).toHaveCount(0);
  await expect(
    page.getByRole("table", { name: "Items" }).getByText("Imported").first(),
  ).toBeVisible();
});

test("the items of a run have outcome and reason, and the log says the same", async ({
  page,
  world,
}) => {
  await control("POST", "/records", {
    records: [strangersChat(world, "447700977777", "stranger")],
  });
  await createImported(page, world, "Completed with warnings");
  await page.getByLabel("Outcome").selectOption("Failed");
  await button(page, "Filter").click();
  const items = page.getByRole("table", { name: "Items" });
  await expect(items.getByRole("rowheader")).toHaveText([`stranger-${world.key}`]);
  await expect(items).toContainText("has no Microsoft 365 mailbox");
  await expect(page.locator("main")).not.toContainText(`Message stranger-${world.key}`);

  const download = page.waitForEvent("download");
  await button(page, "Download log").click();
  const lines = (await textOf(download)).split("\r\n");
  expect(lines[0]).toBe(
    "Item id,Source user id,Microsoft 365 user,Outcome,Reason,Completed at (UTC),Dismissed at (UTC),Dismissed because",
  );
  expect(lines.find((line) => line.includes("stranger"))).toContain("447700977777");
});

test("a mended mapping brings a failed item home", async ({ page, world }) => {
  await control("POST", "/records", {
    records: [strangersChat(world, "447700966666", "late")],
  });
  await createImported(page, world, "Completed with warnings");
  const { pathname } = new URL(page.url());
  await page.goto(`${pathname}/mapping/upload`);
  await upload(page, csv(`447700966666,${world.bob.upn}`), "mended.csv");
  await expect(page.getByText("1 line can be used.")).toBeVisible();
  await button(page, "Show what changes").click();
  await button(page, "Put version 1 in force").click();
  await expect(page.getByText("Version 1 is in force.")).toBeVisible();
  await page.goto(pathname);
  await importEnded(page);
  await expect.poll(() => mailOf(world, world.bob)).toBe(7);
});

test("Retry takes a failed item up again", async ({ page, world }) => {
  await control("PATCH", `/people/${world.bob.upn}`, { mailbox: "full" });
  await createImported(page, world, "Completed with warnings");
  await control("PATCH", `/people/${world.bob.upn}`, { mailbox: "ok" });
  await button(page, "Retry").click();
  await importEnded(page);
  await expect.poll(() => mailOf(world, world.bob)).toBe(6);
});

test("a changed password stops the connector, says so on top, and Edit mends it", async ({
  page,
  world,
}) => {
  const name = await createImported(page, world);
  await control("PATCH", "/telemessage", { password: "Changed!2026" });
  await control("POST", "/records", { records: chats(world, 2, "after") });
  await button(page, "Sync now").click();
  await expect(factOf(page, "Connection status with source")).toHaveText("Authentication failed", {
    timeout: 30_000,
  });
  // The notice on top says it first; the alarm further down says it too, as soon as it is raised.
  await expect(
    page.getByText("TeleMessage refused the username or password").first(),
  ).toBeVisible();

  await button(page, "Enter username and password").click();
  await expect(heading(page, "Edit connector")).toBeVisible();
  await page.getByLabel("Password").fill("still wrong");
  await button(page, "Save").click();
  await expect(refusal(page)).toContainText("refused the username or password");
  await page.getByLabel("Password").fill("Changed!2026");
  await button(page, "Save").click();
  await expect(heading(page, name)).toBeVisible();
  await expect(factOf(page, "Connection status with source")).toHaveText("Connected");
});

test("Edit changes name and time, keeps a blank password, and refuses another account", async ({
  page,
  world,
}) => {
  const name = await createImported(page, world);
  await button(page, "Edit").click();
  await page.getByLabel("Connector name").fill(`${name} renamed`);
  await page.getByLabel("Time of day").fill("23:15");
  await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
  await button(page, "Save").click();
  await expect(heading(page, `${name} renamed`)).toBeVisible();
  await expect(factOf(page, "Every day at")).toHaveText("23:15, Asia/Tokyo");

  await button(page, "Edit").click();
  await replaceAccount(world.key, world.username);
  await page.getByLabel("Connector name").fill("Not lost");
  await page.getByLabel("Password").fill("Other!2026");
  await button(page, "Save").click();
  await expect(refusal(page)).toHaveText(
    "This is another TeleMessage account. Create a new connector for it.",
  );
  await expect(page.getByLabel("Connector name")).toHaveValue("Not lost");
});

test("Pause stops, Resume goes on, Sync now says how far everything is", async ({
  page,
  world,
}) => {
  await createImported(page, world);
  await button(page, "Pause").click();
  await expect(factOf(page, "Import status")).toHaveText("Paused");
  await expect(factOf(page, "Next import")).not.toHaveText(/\d\d:\d\d/);
  await button(page, "Resume").click();
  await expect(factOf(page, "Import status")).toHaveText("Completed");
  await button(page, "Sync now").click();
  await expect(page.getByRole("status").filter({ hasText: /run over|transferred/i })).toBeVisible();
});

test("withdrawn consent stops the connector, and granting it again sets it going", async ({
  page,
  world,
}) => {
  const name = await createImported(page, world);
  await control("DELETE", "/consent");
  await control("POST", "/records", { records: chats(world, 2, "later") });
  await button(page, "Grant admin consent").click();
  await button(page, "Accept").click();
  await expect(page.getByText("Admin consent was granted.")).toBeVisible();
  await expect(heading(page, name)).toBeVisible();
});

test("Delete asks for the name and keeps the mail", async ({ page, world }) => {
  const name = await createImported(page, world);
  await button(page, "Delete").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Connector name").fill("something else");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await dialog.getByLabel("Connector name").fill(name);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(heading(page, "Data connectors")).toBeVisible();
  await expect(page.getByText(`The connector "${name}" was deleted.`)).toBeVisible();
  await expect(rowOf(page, name)).toHaveCount(0);
  expect(await mailOf(world, world.alice)).toBe(6);
});

test("an auditor sees a connector's runs and items and no button that changes it", async ({
  page,
  browser,
  world,
}) => {
  const name = await createImported(page, world);
  const other = await browser.newPage();
  await signIn(other, world.auditor, new URL(page.url()).pathname);
  await expect(heading(other, name)).toBeVisible();
  await expect(other.getByRole("table", { name: "Items" })).toBeVisible();
  await expect(button(other, "Download log")).toBeVisible();
  for (const absent of ["Sync now", "Pause", "Edit", "Delete", "Retry", "Grant admin consent"]) {
    await expect(button(other, absent)).toHaveCount(0);
  }
  await other.goto(`${new URL(page.url()).pathname}/edit`);
  await expect(refusal(other)).toContainText("Connector.Admin");
  await other.close();
});

test("a Global Administrator without an app role may grant consent and nothing else", async ({
  page,
  browser,
  world,
}) => {
  const name = await createConnector(page, world);
  await openConnector(page, name);
  const other = await browser.newPage();
  await signIn(other, world.global, new URL(page.url()).pathname);
  await expect(heading(other, name)).toBeVisible();
  await expect(button(other, "Sync now")).toHaveCount(0);
  await grantAtEntra(other);
  await expect(other.getByText("Admin consent was granted.")).toBeVisible();
  await other.close();
});

test("a connector that does not exist is not found", async ({ page, world }) => {
  await signIn(page, world.auditor, "/data-connectors/00000000-0000-7000-8000-000000000000");
  await expect(heading(page, "Nothing is here")).toBeVisible();
});

/** The same username, but TeleMessage opens another archive for it. */
async function replaceAccount(key: string, username: string): Promise<void> {
  await control("PUT", "/world", {
    tenant: { domain: "e2e.example", name: "Organization" },
    people: [],
    telemessage: { accountId: `moved-${key}`, username, password: "Other!2026", records: [] },
  });
}
