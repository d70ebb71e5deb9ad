/** What every page must hold for people who do not see, or see otherwise. */
import AxeBuilder from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";

const wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The page in both colour schemes, and no wider than a phone. The dark one differs in colours alone. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  expect(await violations(new AxeBuilder({ page }).withTags(wcag)), page.url()).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  const contrast = new AxeBuilder({ page }).withRules(["color-contrast"]);
  expect(await violations(contrast), `${page.url()} in dark`).toEqual([]);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, `${page.url()} at 390 px`).toBeLessThanOrEqual(0);
  if (size) await page.setViewportSize(size);
}

async function violations(check: AxeBuilder): Promise<string[]> {
  const report = await check.analyze();
  return report.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
  );
}
