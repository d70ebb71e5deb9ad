import {
  acceptTerms,
  button,
  createConnector,
  heading,
  importEnded,
  logIn,
  openConnector,
  reachMapping,
  reachReview,
  refusal,
  rowOf,
  signIn,
  wizardPath,
} from "./steps";
import { expect, test } from "./test";
import { mailOf, newWorld } from "./world";

test("the whole wizard leads to mail in the mailboxes", async ({ page, world }) => {
  await signIn(page, world.chief);
  await page.getByRole("link", { name: /WhatsApp Archiver/ }).click();
  await expect(heading(page, "WhatsApp Archiver")).toBeVisible();
  await expect(page.getByText("10 MB")).toBeVisible();
  await reachReview(page, world);
  await expect(page.getByLabel("Connector name")).toHaveValue("WhatsApp Archiver");
  await expect(page.getByLabel("Time of day")).toHaveValue("02:00");
  await expect(page.getByLabel("Time zone")).toHaveValue("Europe/Berlin");
  const name = `Archive ${world.key}`;
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();

  await expect(page).toHaveURL(/tab=connectors$/);
  await expect(rowOf(page, name)).toContainText("Connected");
  await expect(rowOf(page, name)).toContainText("Completed", { timeout: 30_000 });
  await expect.poll(() => mailOf(world, world.alice)).toBe(6);
  await openConnector(page, name);
  await importEnded(page);
  const run = page.getByRole("table", { name: "Run history" }).getByRole("row").nth(1);
  await expect(run.getByRole("cell")).toContainText([
    "Completed",
    "6",
    "12",
    "12",
    "0",
    "0",
    "0",
    "0",
  ]);
});

test("a draft goes on where it was left, in another browser too", async ({
  page,
  browser,
  world,
}) => {
  await signIn(page, world.admin);
  await reachMapping(page, world);
  await page.getByRole("checkbox", { name: "Enable automatic user mapping" }).uncheck();
  await page.getByLabel("CSV mapping file").setInputFiles({
    name: "people.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(
      `ExternalUserId,O365UserMailbox\n${world.alice.mobile},${world.alice.upn}\n`,
    ),
  });
  await expect(page.getByText("1 line can be used.")).toBeVisible();
  await button(page, "Next").click();
  await expect(heading(page, "Admin consent")).toBeVisible();

  const other = await browser.newPage();
  await signIn(other, world.admin, "/data-connectors/whatsapp");
  await button(other, "Add connector").click();
  await expect(heading(other, "Admin consent")).toBeVisible();
  await button(other, "Back").click();
  await expect(
    other.getByRole("checkbox", { name: "Enable automatic user mapping" }),
  ).not.toBeChecked();
  await expect(other.getByText("people.csv")).toBeVisible();
  await button(other, "Back").click();
  await expect(other.getByLabel("Username")).toHaveValue(world.username);
  await expect(other.getByLabel("Password")).toHaveValue("");
  await button(other, "Next").click();
  await expect(heading(other, "User mapping")).toBeVisible();
  await other.close();
});

test("what was typed survives a reload and the back button", async ({ page, world }) => {
  await signIn(page, world.admin);
  await acceptTerms(page);
  await page.getByLabel("Username").fill("half a na");
  await page.reload();
  await expect(page.getByLabel("Username")).toHaveValue("half a na");
  await page.goBack();
  await page.goForward();
  await expect(page.getByLabel("Username")).toHaveValue("half a na");
});

test("steps that are not open yet cannot be reached by address", async ({ page, world }) => {
  await signIn(page, world.admin, `${wizardPath}/review`);
  await expect(heading(page, "Terms of service")).toBeVisible();
  await expect(refusal(page)).toContainText('"Review" is not open yet');
  await button(page, "Accept").click();
  await expect(heading(page, "Login to TeleMessage")).toBeVisible();
  await page.goto(`${wizardPath}/admin-consent`);
  await expect(heading(page, "Login to TeleMessage")).toBeVisible();
  await expect(refusal(page)).toContainText('"Admin consent" is not open yet');
});

test("an older tab is told what changed and saves nothing", async ({ page, context, world }) => {
  await signIn(page, world.admin);
  await reachMapping(page, world);
  const older = await context.newPage();
  await older.goto(`${wizardPath}/sign-in`);
  await expect(heading(older, "Login to TeleMessage")).toBeVisible();
  await page.getByRole("checkbox", { name: "Enable automatic user mapping" }).uncheck();
  await page.getByRole("checkbox", { name: "Enable automatic user mapping" }).check();
  await button(page, "Next").click();
  await expect(heading(page, "Admin consent")).toBeVisible();

  await logIn(older, world.username, world.password);
  await expect(refusal(older)).toContainText("Changed elsewhere meanwhile: the user mapping");
  await older.reload();
  await logIn(older, world.username, world.password);
  await expect(heading(older, "User mapping")).toBeVisible();
});

test("Finish twice makes one connector", async ({ page, context, world }) => {
  await signIn(page, world.chief);
  await reachReview(page, world);
  const twin = await context.newPage();
  await twin.goto(`${wizardPath}/review`);
  await expect(heading(twin, "Review")).toBeVisible();
  const name = `Archive ${world.key}`;
  for (const each of [page, twin]) await each.getByLabel("Connector name").fill(name);
  await Promise.all([button(page, "Finish").click(), button(twin, "Finish").click()]);
  for (const each of [page, twin]) await expect(rowOf(each, name)).toHaveCount(1);
  await page.reload();
  await expect(rowOf(page, name)).toHaveCount(1);
});

test("an account that is archived already is refused, and the username stays", async ({
  page,
  world,
}) => {
  const name = await createConnector(page, world);
  await acceptTerms(page);
  await logIn(page, world.username, world.password);
  await expect(refusal(page)).toContainText(`"${name}" archives this TeleMessage account already`);
  await expect(page.getByLabel("Username")).toHaveValue(world.username);
});

test("a name that is taken is refused at its field, and stays to be changed", async ({
  page,
  browser,
  world,
}) => {
  const taken = await createConnector(page, world);
  const otherWorld = await newWorld();
  const other = await browser.newPage();
  await signIn(other, otherWorld.chief);
  await reachReview(other, otherWorld);
  await other.getByLabel("Connector name").fill(taken);
  await other.getByLabel("Time of day").fill("04:30");
  await button(other, "Finish").click();
  await expect(refusal(other)).toContainText("already");
  await expect(other.getByLabel("Connector name")).toBeFocused();
  await expect(other.getByLabel("Connector name")).toHaveValue(taken);
  await expect(other.getByLabel("Time of day")).toHaveValue("04:30");
  await other.getByLabel("Connector name").fill(`${taken} too`);
  await button(other, "Finish").click();
  await expect(rowOf(other, `${taken} too`)).toBeVisible();
  await other.close();
});
