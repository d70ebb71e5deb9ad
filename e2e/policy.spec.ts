import { heading, signIn } from "./steps";
import { expect, test } from "./test";

test("pages carry a strict policy with a nonce of their own", async ({ request }) => {
  const nonces = [];
  for (const path of ["/sign-in", "/sign-in"]) {
    const answer = await request.get(path);
    const headers = answer.headers();
    const policy = headers["content-security-policy"] ?? "";
    nonces.push(/'nonce-([^']+)'/.exec(policy)?.[1]);
    expect(policy).toContain("'strict-dynamic'");
    expect(policy).toMatch(/style-src 'self' 'nonce-/);
    expect(policy).toContain("style-src-attr 'unsafe-inline'");
    expect(policy).toContain("object-src 'none'");
    expect(policy).toContain("base-uri 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(headers["cache-control"]).toContain("no-store");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("same-origin");
    expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
    expect(headers["x-powered-by"]).toBeUndefined();
  }
  expect(nonces[0]).toBeTruthy();
  expect(nonces[0]).not.toBe(nonces[1]);
});

test("a script without the nonce does not run, and the violation is heard", async ({
  page,
  complaints,
}) => {
  await page.goto("/sign-in");
  await expect(heading(page, "Sign in with Microsoft")).toBeVisible();
  await page.evaluate(() => {
    const script = document.createElement("div");
    script.innerHTML = '<button id="lure" onclick="document.title = `owned`">Click</button>';
    document.body.append(script);
  });
  await page.locator("#lure").dispatchEvent("click");
  await expect.poll(() => complaints.length).toBeGreaterThan(0);
  expect(await page.title()).not.toBe("owned");
  complaints.length = 0;
});

test("nothing is told to those without a session", async ({ request }) => {
  for (const path of [
    "/api/progress",
    "/api/mapping/00000000-0000-7000-8000-000000000000/problems",
    "/api/mapping/00000000-0000-7000-8000-000000000000/errors.csv",
    "/data-connectors/00000000-0000-7000-8000-000000000000/runs/00000000-0000-7000-8000-000000000000/log",
  ]) {
    expect((await request.get(path)).status(), path).toBe(401);
  }
});

test("health tells whether it works, and nothing else", async ({ request }) => {
  const answer = await request.get("/api/health");
  expect(answer.status()).toBe(200);
  const health = (await answer.json()) as Record<string, unknown>;
  expect(Object.keys(health).sort()).toEqual(["database", "status", "workerSeenAt"]);
});

test("an address of this machine by another name leads to the one that cookies know", async ({
  page,
  baseURL,
}) => {
  const other = (baseURL ?? "").replace("localhost", "127.0.0.1");
  await page.goto(`${other}/data-connectors`);
  await expect(page).toHaveURL(/^http:\/\/localhost:/);
});

test("a simulated installation says so on every page", async ({ page, world }) => {
  await signIn(page, world.auditor);
  await expect(page.getByText("Simulated services")).toBeVisible();
});
