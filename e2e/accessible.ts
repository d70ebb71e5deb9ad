/** What every page must hold for people who do not see, or see otherwise. */
import AxeBuilder from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";

const wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The page in both colour schemes, and no wider than a phone. The dark one differs in colours alone. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await expectNone(page.url(), () => new AxeBuilder({ page }).withTags(wcag));
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  const contrast = () => new AxeBuilder({ page }).withRules(["color-contrast"]);
  await expectNone(`${page.url()} in dark`, contrast);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, `${page.url()} at 390 px`).toBeLessThanOrEqual(0);
  if (size) await page.setViewportSize(size);
}

/** Live pages move while they are looked at, and what has moved is measured wrong: what is wrong stays so. */
async function expectNone(where: string, check: () => AxeBuilder): Promise<void> {
  await expect.poll(() => violations(check()), { message: where }).toEqual([]);
}

async function violations(check: AxeBuilder): Promise<string[]> {
  const report = await check.analyze();
  return report.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
  );
}
