import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eml } from "@/lib/core/eml-builder";
import { deliveryOf } from "@/lib/testing/zip-files";
import { findSshServer } from "../scripts/checks/programs";
import { type SftpServer, startSftpServer } from "../scripts/testing/sftp-server";
import { expectAccessible } from "./accessible";
import { archivedMail } from "./control";
import {
  acceptTerms,
  button,
  grantAtEntra,
  heading,
  importEnded,
  openConnector,
  signIn,
} from "./steps";
import { expect, test } from "./test";
import type { Person, World } from "./world";

const waitMs = 60_000;

let server: SftpServer;
let stop: () => Promise<void> = async () => undefined;
test.beforeAll(async () => {
  test.skip(findSshServer() === null, "OpenSSH's server is not installed");
  server = await startSftpServer();
  stop = () => server.stop();
});
test.afterAll(() => stop());

/** In the first window, and on a day that is over wherever the browser is. */
const zippedAt = new Date(Date.now() - 24 * 3_600_000);

function fileName(number: number): string {
  const time = zippedAt.toISOString().replace(/\D/g, "").slice(0, 14);
  return `${time.slice(0, 8)}0000-TeleMessage_${number}_${time}.zip`;
}

function mail(id: string, from: Person, to: Person): Buffer {
  return eml({
    ...{ "Message-ID": `<${id}@vendor.example>`, Date: zippedAt.toUTCString(), Subject: id },
    ...{ From: `${from.name} ${from.mobile} <${from.upn}>` },
    ...{ To: `${to.name} ${to.mobile} <${to.upn}>` },
  });
}

async function createBySftp(page: Parameters<typeof signIn>[0], world: World): Promise<string> {
  const name = `By SFTP ${world.key}`;
  await signIn(page, world.chief);
  await acceptTerms(page);
  await page.getByRole("radio", { name: "SFTP" }).check();
  await page.getByLabel("Host").fill(server.host);
  await page.getByLabel("Port").fill(String(server.port));
  await page.getByLabel("Folder").fill(server.folder);
  await page.getByLabel("Username").fill(server.username);
  await page.getByLabel("Private key").fill(server.privateKey);
  await button(page, "Next").click();
  await page.getByRole("checkbox", { name: "The fingerprint is the server's" }).check();
  await button(page, "Next").click();
  await expect(heading(page, "User mapping")).toBeVisible({ timeout: waitMs });
  await button(page, "Next").click();
  await grantAtEntra(page);
  await button(page, "Next").click();
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();
  await openConnector(page, name);
  return name;
}

test("a broken file is shown with its reason, and done once it was mended; what was delivered is downloaded as it came", async ({
  page,
  browser,
  world,
}) => {
  test.setTimeout(4 * waitMs);
  const whole = mail(`whole-${world.key}`, world.alice, world.bob);
  const late = await deliveryOf([mail(`late-${world.key}`, world.bob, world.alice)]);
  await writeFile(join(server.folder, fileName(1)), await deliveryOf([whole]));
  await writeFile(join(server.folder, fileName(2)), late.subarray(0, 200));
  await createBySftp(page, world);
  await importEnded(page, "Completed with warnings");

  const files = page.getByRole("table", { name: "Delivered files" });
  const broken = files.getByRole("row").filter({ hasText: fileName(2) });
  await expect(broken).toContainText("It is damaged or not whole yet. Ask for it anew");
  await expect(files.getByRole("row").filter({ hasText: fileName(1) })).toContainText("Done");
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

  await writeFile(join(server.folder, fileName(2)), late);
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

  const auditor = await browser.newPage();
  await signIn(auditor, world.auditor, "/audit");
  const event = auditor
    .getByRole("table", { name: "Audit events" })
    .getByRole("row")
    .filter({ hasText: "Case 13" })
    .first();
  await expect(event).toContainText("Downloaded an item");
  await expect(event).toContainText(world.reviewer.name);
  await auditor.close();
});
