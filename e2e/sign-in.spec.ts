import { button, heading, pick, refusal, signIn } from "./steps";
import { expect, test } from "./test";

test("after sign-in comes the page that was asked for", async ({ page, world }) => {
  await page.goto("/data-connectors?tab=connectors");
  await expect(heading(page, "Sign in with Microsoft")).toBeVisible();
  await button(page, "Sign in with Microsoft").click();
  await pick(page, world.auditor);
  await expect(page).toHaveURL(/\/data-connectors\?tab=connectors$/);
  await expect(page.getByRole("tab", { name: "Connectors" })).toHaveAttribute(
    "aria-selected",
    "true",
  );
});

test("sign-in never leads to somebody else's address", async ({ page, world }) => {
  await signIn(
    page,
    world.auditor,
    "/sign-in?callbackUrl=https://attacker.example/data-connectors",
  );
  await expect(page).toHaveURL(/localhost:\d+\/data-connectors$/);
});

test("somebody without a role reads which one is missing and who can give it", async ({
  page,
  world,
}) => {
  await signIn(page, world.nobody);
  await expect(refusal(page)).toContainText("Connector.Admin");
  await expect(refusal(page)).toContainText("Global Administrator");
  await expect(button(page, "Sign out")).toBeVisible();
  await page.goto("/audit");
  await expect(refusal(page)).toContainText("Connector.Auditor");
});

test("an auditor reads and changes nothing", async ({ page, world }) => {
  await signIn(page, world.auditor, "/data-connectors/whatsapp");
  await expect(heading(page, "WhatsApp Archiver")).toBeVisible();
  await expect(button(page, "Add connector")).toHaveCount(0);
  await page.goto("/data-connectors/whatsapp/new/terms");
  await expect(refusal(page)).toContainText("Connector.Admin");
  await page.goto("/audit");
  await expect(heading(page, "Audit")).toBeVisible();
});

test("a reviewer sees connectors and not the audit", async ({ page, world }) => {
  await signIn(page, world.reviewer);
  await expect(heading(page, "Data connectors")).toBeVisible();
  await expect(page.getByRole("link", { name: "Audit" })).toHaveCount(0);
  await page.goto("/audit");
  await expect(refusal(page)).toContainText("Connector.Auditor");
});

test("an account of another organization is turned away", async ({ page, world }) => {
  await page.goto("/sign-in?error=Tenant");
  await expect(refusal(page)).toContainText("another organization");
  await signIn(page, world.auditor);
  await expect(heading(page, "Data connectors")).toBeVisible();
});

test("signing out ends the session for good, also for a copied cookie", async ({
  page,
  context,
  world,
}) => {
  await signIn(page, world.auditor);
  await expect(heading(page, "Data connectors")).toBeVisible();
  const cookies = await context.cookies();
  await button(page, "Sign out").click();
  await expect(page.getByText("You are signed out")).toBeVisible();
  await context.addCookies(cookies.filter(({ name }) => name.includes("session")));
  await page.goto("/data-connectors");
  await expect(heading(page, "Sign in with Microsoft")).toBeVisible();
});
