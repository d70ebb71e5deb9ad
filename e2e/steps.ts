/** What people do, in the words of the pages. */
import { type Browser, type Locator, type Page, expect } from "@playwright/test";
import type { Person, World } from "./world";

export function button(page: Page, name: string): Locator {
  return page.getByRole("button", { name, exact: true });
}

export function heading(page: Page, name: string): Locator {
  return page.getByRole("heading", { name, exact: true });
}

export function refusal(page: Page): Locator {
  return page.getByRole("alert");
}

export async function signIn(page: Page, person: Person, path = "/data-connectors"): Promise<void> {
  await page.goto(path);
  await button(page, "Sign in with Microsoft").click();
  await pick(page, person);
}

/** On Entra's page of people. */
export async function pick(page: Page, { upn }: Person): Promise<void> {
  await page.getByRole("button", { name: upn }).click();
}

export const wizardPath = "/data-connectors/whatsapp/new";

/** From the product page to the step that asks for the TeleMessage account. */
export async function acceptTerms(page: Page): Promise<void> {
  await page.goto("/data-connectors/whatsapp");
  await button(page, "Add connector").click();
  await expect(heading(page, "Terms of service")).toBeVisible();
  await button(page, "Accept").click();
  await expect(heading(page, "Login to TeleMessage")).toBeVisible();
}

export async function logIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(password);
  await button(page, "Next").click();
}

export async function reachMapping(page: Page, world: World): Promise<void> {
  await acceptTerms(page);
  await logIn(page, world.username, world.password);
  await expect(heading(page, "User mapping")).toBeVisible();
}

export async function reachConsent(page: Page, world: World): Promise<void> {
  await reachMapping(page, world);
  await button(page, "Next").click();
  await expect(heading(page, "Admin consent")).toBeVisible();
}

/** On Entra's consent page, as somebody who is signed in there already. */
export async function grantAtEntra(page: Page): Promise<void> {
  await button(page, "Grant admin consent").click();
  await button(page, "Accept").click();
}

export async function reachReview(page: Page, world: World): Promise<void> {
  await reachConsent(page, world);
  await grantAtEntra(page);
  await expect(page.getByText("Admin consent was granted.")).toBeVisible();
  await button(page, "Next").click();
  await expect(heading(page, "Review")).toBeVisible();
}

/** The whole wizard, as a Global Administrator; gives the connector's name. */
export async function createConnector(page: Page, world: World): Promise<string> {
  const name = `Archive ${world.key}`;
  await signIn(page, world.chief);
  await reachReview(page, world);
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();
  await expect(rowOf(page, name)).toBeVisible();
  return name;
}

/** The connector's line in the Connectors tab. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
}

export async function openConnector(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name, exact: true }).click();
  await expect(heading(page, name)).toBeVisible();
}

/** Nothing under way any more, seen without a reload. */
export async function importEnded(page: Page, status = "Completed"): Promise<void> {
  await expect(factOf(page, "Import status")).toHaveText(status, { timeout: 30_000 });
}

/** A connector's page, once its first run has ended so. */
export async function createImported(
  page: Page,
  world: World,
  status = "Completed",
): Promise<string> {
  const name = await createConnector(page, world);
  await openConnector(page, name);
  await importEnded(page, status);
  return name;
}

/** A value among a connector's properties. */
export function factOf(page: Page, name: string): Locator {
  return page.getByRole("definition").and(page.locator(`dt:text-is("${name}") + dd`));
}

/** The auditor reads all of this in one event. */
export async function expectAudited(
  browser: Browser,
  auditor: Person,
  ...texts: readonly string[]
): Promise<void> {
  const page = await browser.newPage();
  await signIn(page, auditor, "/audit");
  const rows = page.getByRole("table", { name: "Audit events" }).getByRole("row");
  await expect(texts.reduce((found, hasText) => found.filter({ hasText }), rows)).toHaveCount(1);
  await page.close();
}
