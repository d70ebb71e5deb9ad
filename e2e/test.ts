/** Playwright's test with a world of its own, and an ear for what the browser complains about. */
import { type BrowserContext, test as base, expect } from "@playwright/test";
import { product } from "./support/product";
import { type World, newWorld } from "./world";

type Fixtures = {
  readonly world: World;
  /** What no page may cause; checked at the end of every test. */
  readonly complaints: string[];
};

export const test = base.extend<Fixtures>({
  baseURL: async ({ browserName: _browser }, use) => use(product().portalUrl),
  timezoneId: "Europe/Berlin",
  world: async ({ browserName: _browser }, use) => use(await newWorld()),
  complaints: async ({ browserName: _browser }, use) => {
    const complaints: string[] = [];
    await use(complaints);
    expect(complaints, "violations of the policy and errors of scripts").toEqual([]);
  },
  context: async ({ context, complaints }, use) => {
    await listen(context, complaints);
    await use(context);
  },
});

export { expect };

/** Also for a context that a test opens itself. */
export async function listen(context: BrowserContext, complaints: string[]): Promise<void> {
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      reportError(new Error(`Policy violated: ${event.violatedDirective} by ${event.blockedURI}`));
    });
  });
  context.on("console", (message) => {
    // An answer that is not 2xx is what some tests are about; the page's own words are not.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(`${message.page()?.url() ?? ""}: ${message.text()}`);
    }
  });
  context.on("weberror", (error) => {
    complaints.push(`${error.page()?.url() ?? ""}: ${String(error.error())}`);
  });
}
