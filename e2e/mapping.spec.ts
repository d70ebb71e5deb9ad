import type { Page } from "@playwright/test";
import {
  button,
  grantAtEntra,
  heading,
  reachMapping,
  refusal,
  rowOf,
  signIn,
  wizardPath,
} from "./steps";
import { expect, test } from "./test";

const header = "ExternalUserId,O365UserMailbox";

function upload(page: Page, text: string | Buffer, name = "mapping.csv"): Promise<void> {
  const buffer = Buffer.from(text);
  return page.getByLabel("CSV mapping file").setInputFiles({ name, mimeType: "text/csv", buffer });
}

test("at least one way of mapping is needed", async ({ page, world }) => {
  await signIn(page, world.admin);
  await reachMapping(page, world);
  const automatic = page.getByRole("checkbox", { name: "Enable automatic user mapping" });
  await expect(automatic).toBeChecked();
  await automatic.uncheck();
  await button(page, "Next").click();
  await expect(refusal(page)).toContainText(
    "Enable automatic user mapping or upload a mapping file",
  );
  await expect(automatic).not.toBeChecked();
});

test("the template has Microsoft's header", async ({ page, world }) => {
  await signIn(page, world.admin);
  await reachMapping(page, world);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download CSV mapping template" }).click();
  const stream = await (await download).createReadStream();
  const text = Buffer.concat(await stream.toArray()).toString("utf8");
  expect(text.split("\r\n")[0]).toBe(header);
});

test("errors are listed by line, and bad lines are left out only when somebody says so", async ({
  page,
  world,
}) => {
  await signIn(page, world.chief);
  await reachMapping(page, world);
  const lines = [
    header,
    `${world.alice.mobile},${world.alice.upn}`,
    `4.45E+11,${world.bob.upn}`,
    "447700900998,not an address",
    `447700900999,nobody@${world.key}.example`,
  ];
  await upload(page, lines.join("\n"));
  await expect(page.getByText("mapping.csv", { exact: true })).toBeVisible();
  const problems = page.getByRole("table", { name: "Errors and warnings" });
  await expect(problems.getByRole("rowheader")).toHaveText(["3", "4"]);
  await expect(page.getByText("Mailboxes are checked after admin consent.")).toBeVisible();
  const download = page.waitForEvent("download");
  await button(page, "Download errors as CSV").click();
  expect((await download).suggestedFilename()).toBe("mapping-errors.csv");

  await button(page, "Next").click();
  await expect(refusal(page)).toContainText("leave the bad lines out");
  await page.getByRole("checkbox", { name: "Leave the bad lines out" }).check();
  await button(page, "Next").click();
  await expect(heading(page, "Admin consent")).toBeVisible();
  await grantAtEntra(page);
  await button(page, "Next").click();

  await expect(page.getByText("1 mailbox found, 1 address unknown")).toBeVisible();
  const unknown = page.getByRole("table", { name: "Unknown mailboxes" });
  await expect(unknown.getByRole("rowheader")).toHaveText(["5"]);
  const name = `Archive ${world.key}`;
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();
  await expect(rowOf(page, name)).toBeVisible();
});

test("an unknown mailbox alone holds Finish until somebody decides", async ({ page, world }) => {
  await signIn(page, world.chief);
  await reachMapping(page, world);
  await upload(page, `${header}\n447700900999,nobody@${world.key}.example\n`);
  await expect(page.getByText("1 line can be used.")).toBeVisible();
  await button(page, "Next").click();
  await grantAtEntra(page);
  await button(page, "Next").click();
  await expect(page.getByText("1 address unknown")).toBeVisible();
  const name = `Archive ${world.key}`;
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();
  await expect(refusal(page)).toContainText("leave the bad lines out");
  await expect(page.getByLabel("Connector name")).toHaveValue(name);
  await button(page, "Leave the bad lines out").click();
  await expect(page.getByText("Bad lines are left out, as you chose.")).toBeVisible();
  await button(page, "Finish").click();
  await expect(rowOf(page, name)).toBeVisible();
});

test("a file of 30 MB arrives whole", async ({ page, world }) => {
  await signIn(page, world.admin);
  await reachMapping(page, world);
  const lines = [header];
  for (let number = 0; number < 700_000; number += 1) {
    lines.push(`4930${String(10_000_000 + number)},person-${number}@${world.key}.example`);
  }
  const file = Buffer.from(lines.join("\n"));
  expect(file.length).toBeGreaterThan(30_000_000);
  await upload(page, file, "everybody.csv");
  await expect(page.getByRole("progressbar")).toBeVisible();
  await expect(page.getByText("700,000 lines can be used.")).toBeVisible({ timeout: 45_000 });
  await page.reload();
  await expect(page.getByText("everybody.csv")).toBeVisible();
});

test("an upload can be cancelled", async ({ page, world }) => {
  await signIn(page, world.admin);
  await reachMapping(page, world);
  await page.route("/api/mapping/upload*", () => undefined);
  await upload(page, `${header}\n${world.alice.mobile},${world.alice.upn}\n`);
  await expect(page.getByRole("progressbar", { name: "Upload of mapping.csv" })).toBeVisible();
  await button(page, "Cancel upload").click();
  await expect(page.getByRole("progressbar")).toHaveCount(0);
  await page.unrouteAll();
  await button(page, "Next").click();
  await expect(heading(page, "Admin consent")).toBeVisible();
});

test("a file that is no mapping is refused with what to do", async ({ page, world }) => {
  await signIn(page, world.admin);
  await reachMapping(page, world);
  await upload(page, "Name,Shoe size\nAlice,38\n");
  await expect(page.getByRole("table", { name: "Errors and warnings" })).toContainText(
    "ExternalUserId",
  );
  await button(page, "Remove file").click();
  await expect(page.getByRole("table", { name: "Errors and warnings" })).toHaveCount(0);
});

test("the upload takes nothing from another page or without a session", async ({
  page,
  request,
  world,
}) => {
  await signIn(page, world.admin, `${wizardPath}/terms`);
  const address = "/api/mapping/upload?name=m.csv";
  const headers = { "content-type": "text/csv", "x-content-sha256": "0".repeat(64) };
  const foreign = await page.request.post(address, {
    data: header,
    headers: { ...headers, origin: "https://attacker.example" },
  });
  expect(foreign.status()).toBe(403);
  const nameless = await request.post(address, { data: header, headers });
  expect(nameless.status()).toBe(401);
});
