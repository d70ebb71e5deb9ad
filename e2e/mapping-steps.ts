/** What administrators do with mapping files. */
import { type Download, type Locator, type Page, expect } from "@playwright/test";
import { button, grantAtEntra, heading, openConnector, reachMapping, rowOf, signIn } from "./steps";
import type { World } from "./world";

export const header = "ExternalUserId,O365UserMailbox";

export function upload(page: Page, text: string | Buffer, name = "mapping.csv"): Promise<void> {
  const buffer = Buffer.from(text);
  return page.getByLabel("CSV mapping file").setInputFiles({ name, mimeType: "text/csv", buffer });
}

export function csv(...lines: readonly string[]): string {
  return `${[header, ...lines].join("\n")}\n`;
}

/** From the step with the file to the review, as a Global Administrator. */
export async function fromMappingToReview(page: Page): Promise<void> {
  await button(page, "Next").click();
  await expect(heading(page, "Admin consent")).toBeVisible();
  await grantAtEntra(page);
  await expect(page.getByText("Admin consent was granted.")).toBeVisible();
  await button(page, "Next").click();
  await expect(heading(page, "Review")).toBeVisible();
}

/** The whole wizard with a mapping file; ends on the connector's page. */
export async function createMapped(page: Page, world: World, lines: readonly string[]) {
  const name = `Archive ${world.key}`;
  await signIn(page, world.chief);
  await reachMapping(page, world);
  await upload(page, csv(...lines), "first.csv");
  await expect(page.getByRole("group", { name: "Checked mapping file" })).toBeVisible();
  await fromMappingToReview(page);
  await expect(page.getByText(/mailbox(es)? found/)).toBeVisible();
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();
  await expect(rowOf(page, name)).toBeVisible();
  await openConnector(page, name);
  return name;
}

/** The numbers of the lines that are shown. */
export function lineNumbers(page: Page): Locator {
  return page.getByRole("table", { name: "Lines", exact: true }).getByRole("rowheader");
}

export async function textOf(download: Promise<Download>): Promise<string> {
  const stream = await (await download).createReadStream();
  return Buffer.concat(await stream.toArray()).toString("utf8");
}
