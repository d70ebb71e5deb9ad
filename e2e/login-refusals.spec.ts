import { control } from "./control";
import { acceptTerms, button, heading, logIn, refusal, signIn } from "./steps";
import { expect, test } from "./test";

test.beforeEach(async ({ page, world }) => {
  await signIn(page, world.admin);
  await acceptTerms(page);
});

test("a wrong password has its sentence, and five of them make the page wait", async ({
  page,
  world,
}) => {
  for (const attempt of [1, 2, 3, 4, 5]) {
    const answer = page.waitForResponse((response) => response.request().method() === "POST");
    await logIn(page, world.username, `wrong ${attempt}`);
    await answer;
    await expect(refusal(page)).toContainText("refused the username or password");
    await expect(page.getByLabel("Username")).toHaveValue(world.username);
  }
  await logIn(page, world.username, world.password);
  await expect(refusal(page)).toContainText("five failed sign-ins within 15 minutes");
});

test("a locked account has its sentence", async ({ page, world }) => {
  await control("PATCH", "/telemessage", { locked: true });
  await logIn(page, world.username, world.password);
  await expect(refusal(page)).toContainText("locked");
});

test("an account without archive access has its sentence", async ({ page, world }) => {
  await control("PATCH", "/telemessage", { archiveAccess: false });
  await logIn(page, world.username, world.password);
  await expect(refusal(page)).toContainText("may not read the archive");
});

test("TeleMessage that cannot be reached has its sentence", async ({ page, world }) => {
  await fail({ status: 503 });
  await logIn(page, world.username, world.password);
  await expect(refusal(page)).toContainText("did not answer");
  await control("DELETE", "/faults");
  await button(page, "Next").click();
  await expect(heading(page, "User mapping")).toBeVisible();
});

test("TeleMessage that asks for a pause has its sentence", async ({ page, world }) => {
  await fail({ status: 429, headers: { "retry-after": "1" } });
  await logIn(page, world.username, world.password);
  await expect(refusal(page)).toContainText("slow down");
});

test("an empty form is refused at its fields", async ({ page }) => {
  await button(page, "Next").click();
  await expect(refusal(page)).toBeVisible();
  await expect(page.getByLabel("Username")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Username")).toBeFocused();
});

function fail(effect: unknown): Promise<unknown> {
  const fault = { service: "telemessage", path: "/v1/session", times: 10, effect };
  return control("POST", "/faults", fault);
}
