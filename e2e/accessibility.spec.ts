import { expectAccessible } from "./accessible";
import {
  button,
  createConnector,
  heading,
  importEnded,
  logIn,
  openConnector,
  reachReview,
  refusal,
  signIn,
  wizardPath,
} from "./steps";
import { expect, test } from "./test";

test("pages before and without a session", async ({ page, world }) => {
  await page.goto("/sign-in?error=OAuthCallback");
  await expectAccessible(page);
  await page.goto("/consent/unknown");
  await expectAccessible(page);
  await signIn(page, world.nobody);
  await expect(refusal(page)).toBeVisible();
  await expectAccessible(page);
});

test("catalogue, product page, audit and what is not there", async ({ page, world }) => {
  await signIn(page, world.admin);
  await expect(heading(page, "Data connectors")).toBeVisible();
  await expectAccessible(page);
  for (const path of ["/data-connectors/whatsapp", "/audit", "/data-connectors/nothing"]) {
    await page.goto(path);
    await expectAccessible(page);
  }
});

test("the first steps of the wizard, with a refusal and a file with errors", async ({
  page,
  world,
}) => {
  await signIn(page, world.admin, `${wizardPath}/terms`);
  await expect(heading(page, "Terms of service")).toBeVisible();
  await expectAccessible(page);
  await button(page, "Accept").click();
  await expect(heading(page, "Login to TeleMessage")).toBeVisible();
  await button(page, "Next").click();
  await expect(refusal(page)).toBeVisible();
  await expectAccessible(page);
  await logIn(page, world.username, world.password);
  await expect(heading(page, "User mapping")).toBeVisible();
  await expectAccessible(page);
  await button(page, "Next").click();
  await expect(heading(page, "Admin consent")).toBeVisible();
  await expectAccessible(page);
  await button(page, "Make a link").click();
  const link = await page.getByLabel("Link", { exact: true }).inputValue();
  await expectAccessible(page);
  await page.goto(`${wizardPath}/user-mapping`);
  await page.getByLabel("CSV mapping file").setInputFiles({
    name: "bad.csv",
    mimeType: "text/csv",
    buffer: Buffer.from("ExternalUserId,O365UserMailbox\n12,nobody\n"),
  });
  await expect(page.getByRole("table", { name: "Errors and warnings" })).toBeVisible();
  await expectAccessible(page);
  await page.goto(link);
  await expectAccessible(page);
});

test("the review", async ({ page, world }) => {
  await signIn(page, world.chief);
  await reachReview(page, world);
  await expectAccessible(page);
});

test("a connector's pages", async ({ page, world }) => {
  const name = await createConnector(page, world);
  await expectAccessible(page);
  await openConnector(page, name);
  await importEnded(page);
  await expectAccessible(page);
  const { pathname } = new URL(page.url());
  await button(page, "Delete").click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await expectAccessible(page);
  for (const path of [`${pathname}/edit`, `${pathname}/runs`, `${pathname}/past-period`]) {
    await page.goto(path);
    await expectAccessible(page);
  }
});

test("the keyboard alone is enough, and the focus goes where the work is", async ({
  page,
  world,
}) => {
  await signIn(page, world.admin);
  await expect(heading(page, "Data connectors")).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  // Arrow keys are the scripts' affair; this element says that they have come.
  await page.locator("next-route-announcer").waitFor({ state: "attached" });
  await page.getByRole("tab", { name: "Overview" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tab", { name: "Connectors" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/tab=connectors/);

  await page.goto("/data-connectors/whatsapp");
  await button(page, "Add connector").focus();
  await page.keyboard.press("Enter");
  await expect(heading(page, "Terms of service")).toBeFocused();
  await button(page, "Accept").focus();
  await page.keyboard.press("Space");
  await expect(heading(page, "Login to TeleMessage")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("radio", { name: "Archive API" })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Username")).toBeFocused();
  await page.keyboard.type("somebody");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Password")).toBeFocused();
  await expect(page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
});
