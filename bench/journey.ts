/** The wizard up to Finish, in a real browser. */
import { type Browser, type Page, chromium } from "playwright";
import { findChromium } from "../scripts/checks/tools";

export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({
    ...(executablePath === null ? {} : { executablePath }),
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
}

/** @returns the page at Review, with the name filled in; what is left is Finish */
export async function createConnector(
  browser: Browser,
  portalUrl: string,
  name: string,
): Promise<Page> {
  const page = await browser.newPage();
  const press = (button: string | RegExp) => page.getByRole("button", { name: button }).click();
  await page.goto(`${portalUrl}/data-connectors/whatsapp`);
  await press("Sign in with Microsoft");
  await page
    .getByRole("button", { name: /admin@contoso\.com/ })
    .first()
    .click();
  await press("Add connector");
  await press("Accept");
  await page.getByLabel("Username").fill("archive@contoso.com");
  await page.getByLabel("Password").fill("Archive!2026");
  await press("Next");
  await page.getByRole("heading", { name: "User mapping" }).waitFor();
  await press("Next");
  await press("Grant admin consent");
  await press("Accept");
  await page.waitForURL((url) => url.href.startsWith(portalUrl));
  await press("Next");
  await page.getByLabel("Connector name").fill(name);
  return page;
}
