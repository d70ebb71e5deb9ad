import type { Page } from "@playwright/test";
import { product } from "./support/product";
import {
  button,
  grantAtEntra,
  heading,
  pick,
  reachConsent,
  reachReview,
  refusal,
  signIn,
} from "./steps";
import { expect, listen, test } from "./test";

const otherTenant = "11111111-2222-4333-8444-555555555555";

/** Goes to Entra, and gives the state that must come back. */
async function stateOfRequest(page: Page): Promise<string> {
  await button(page, "Grant admin consent").click();
  await page.waitForURL(/adminconsent/);
  return new URL(page.url()).searchParams.get("state") ?? "";
}

function callback(query: Record<string, string>): string {
  return `/api/consent/callback?${new URLSearchParams(query)}`;
}

test("declined: clear words, nothing lost, and the next try works", async ({ page, world }) => {
  await signIn(page, world.chief);
  await reachConsent(page, world);
  await button(page, "Grant admin consent").click();
  await button(page, "Cancel").click();
  await expect(heading(page, "Admin consent")).toBeVisible();
  await expect(refusal(page)).toContainText("declined");
  expect(page.url()).not.toContain("declined");
  await page.reload();
  await expect(refusal(page)).toHaveCount(0);
  await grantAtEntra(page);
  await expect(page.getByText("Admin consent was granted.")).toBeVisible();
});

test("without consent Next is refused with who can grant it", async ({ page, world }) => {
  await signIn(page, world.admin);
  await reachConsent(page, world);
  await button(page, "Next").click();
  await expect(refusal(page)).toContainText("Global Administrator");
});

test("already granted: the step says so and Next is possible at once", async ({ page, world }) => {
  await signIn(page, world.chief);
  await reachReview(page, world);
  await page.getByRole("link", { name: "Edit Admin consent" }).click();
  await expect(page.getByText("Admin consent is granted")).toBeVisible();
  await expect(button(page, "Grant admin consent")).toHaveCount(0);
  await button(page, "Next").click();
  await expect(heading(page, "Review")).toBeVisible();
});

test("not an administrator: Entra says so, and so do we", async ({ page, world }) => {
  await signIn(page, world.admin);
  await reachConsent(page, world);
  await button(page, "Grant admin consent").click();
  await expect(heading(page, "Need admin approval")).toBeVisible();
  await page.getByRole("link", { name: /Return to the application/ }).click();
  await expect(heading(page, "Admin consent")).toBeVisible();
  await expect(refusal(page)).toContainText("Only a Global Administrator");
});

test("consent of another organization is no consent", async ({ page, world }) => {
  await signIn(page, world.chief);
  await reachConsent(page, world);
  const state = await stateOfRequest(page);
  await page.goto(callback({ admin_consent: "True", tenant: otherTenant, state }));
  await expect(refusal(page)).toContainText("another organization");
  await expect(button(page, "Grant admin consent")).toBeVisible();
});

test("an answer that claims consent which was not given is no consent", async ({ page, world }) => {
  await signIn(page, world.chief);
  await reachConsent(page, world);
  const state = await stateOfRequest(page);
  const tenant = new URL(page.url()).pathname.split("/")[1] ?? "";
  await page.goto(callback({ admin_consent: "True", tenant, state }));
  await expect(refusal(page)).toContainText("does not carry it");
});

test("an answer counts once, and only in the browser that asked", async ({
  page,
  browser,
  complaints,
  world,
}) => {
  await signIn(page, world.chief);
  await reachConsent(page, world);
  const state = await stateOfRequest(page);
  const tenant = new URL(page.url()).pathname.split("/")[1] ?? "";
  const answer = callback({ admin_consent: "True", tenant, state });

  const elsewhere = await browser.newContext({ baseURL: product().portalUrl });
  await listen(elsewhere, complaints);
  const thief = await elsewhere.newPage();
  await signIn(thief, world.admin);
  await expect(heading(thief, "Data connectors")).toBeVisible();
  await thief.goto(answer);
  await expect(refusal(thief)).toContainText("another browser session");
  await elsewhere.close();

  await button(page, "Accept").click();
  await expect(page.getByText("Admin consent was granted.")).toBeVisible();
  await page.goto(answer);
  await expect(refusal(page)).toContainText("used already");
});

test("a made-up state belongs to no request", async ({ page, world }) => {
  await signIn(page, world.chief);
  await reachConsent(page, world);
  await page.goto(callback({ admin_consent: "True", tenant: otherTenant, state: "made-up" }));
  await expect(refusal(page)).toContainText("belongs to no request");
});

test("a link handed over works without a session, once", async ({
  page,
  browser,
  complaints,
  world,
}) => {
  await signIn(page, world.admin);
  await reachConsent(page, world);
  await button(page, "Make a link").click();
  const link = await page.getByLabel("Link", { exact: true }).inputValue();

  const elsewhere = await browser.newContext();
  await listen(elsewhere, complaints);
  const guest = await elsewhere.newPage();
  await guest.goto(link);
  await expect(guest.getByText(world.admin.name).first()).toBeVisible();
  await expect(guest.getByText("Mail.ReadWrite").first()).toBeVisible();
  await button(guest, "Grant admin consent").click();
  await pick(guest, world.global);
  await button(guest, "Accept").click();
  await expect(guest.getByText("Admin consent was granted.")).toBeVisible();
  await guest.goto(link);
  await expect(heading(guest, "This link is no longer good")).toBeVisible();
  await elsewhere.close();

  await button(page, "Next").click();
  await expect(heading(page, "Review")).toBeVisible();
});

test("a link that was revoked leads nowhere", async ({ page, world }) => {
  await signIn(page, world.admin);
  await reachConsent(page, world);
  await button(page, "Make a link").click();
  const link = await page.getByLabel("Link", { exact: true }).inputValue();
  // The newest comes first; links of other tests may stand below.
  const links = await button(page, "Revoke").count();
  await button(page, "Revoke").first().click();
  await expect(button(page, "Revoke")).toHaveCount(links - 1);
  await page.goto(link);
  await expect(heading(page, "This link is no longer good")).toBeVisible();
});
