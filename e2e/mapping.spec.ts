import { expectAccessible } from "./accessible";
import { fromMappingToReview, header, lineNumbers, textOf, upload } from "./mapping-steps";
import { button, heading, reachMapping, refusal, rowOf, signIn, wizardPath } from "./steps";
import { expect, test } from "./test";

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
  expect((await textOf(download)).split("\r\n")[0]).toBe(header);
});

test("errors are listed by line, and bad lines are left out only when somebody says so", async ({
  page,
  browser,
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
  await expect(lineNumbers(page)).toHaveText(["2", "3", "4", "5"]);
  await page.getByRole("combobox", { name: "Lines" }).selectOption("Bad lines");
  await expect(lineNumbers(page)).toHaveText(["3", "4"]);

  await button(page, "Next").click();
  await expect(refusal(page)).toContainText("leave the bad lines out");
  await page.getByRole("checkbox", { name: "Leave the bad lines out" }).check();
  await expectAccessible(page);
  await fromMappingToReview(page);

  await expect(page.getByText("1 mailbox found, 1 address unknown")).toBeVisible();
  await expect(lineNumbers(page)).toHaveText(["3", "4", "5"]);
  const name = `Archive ${world.key}`;
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();
  await expect(rowOf(page, name)).toBeVisible();

  const auditor = await browser.newPage();
  await signIn(auditor, world.auditor, "/audit");
  await auditor.getByLabel("Person").selectOption(world.chief.name);
  await button(auditor, "Filter").click();
  await expect(auditor).toHaveURL(/person=/);
  const choice = auditor.getByRole("row").filter({ hasText: "draft.mappingChanged" });
  await expect(choice).toContainText("leavesBadLinesOuttrue");
  await auditor.close();
});

test("unknown mailboxes alone hold Finish until somebody decides, and are looked through", async ({
  page,
  world,
}) => {
  await signIn(page, world.chief);
  await reachMapping(page, world);
  const lines = Array.from({ length: 30 }, (_, index) => {
    return `4930900000${String(index).padStart(2, "0")},nobody-${index}@${world.key}.example`;
  });
  await upload(page, [header, ...lines].join("\n"));
  await expect(page.getByText("30 lines can be used.")).toBeVisible();
  await fromMappingToReview(page);
  await expect(page.getByText("30 addresses unknown")).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Lines" })).toHaveValue("bad");
  await expect(lineNumbers(page)).toHaveCount(25);
  await button(page, "More lines").press("Enter");
  await expect(lineNumbers(page)).toHaveText(["27", "28", "29", "30", "31"]);
  await button(page, "Earlier lines").press("Enter");
  await expect(lineNumbers(page)).toHaveCount(25);
  await page.getByLabel("Number, id or mailbox").fill("+49 3090 0000 07");
  await page.keyboard.press("Enter");
  await expect(lineNumbers(page)).toHaveText(["9"]);

  const name = `Archive ${world.key}`;
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();
  await expect(refusal(page)).toContainText("leave the bad lines out");
  await expect(page.getByLabel("Connector name")).toHaveValue(name);
  await expectAccessible(page);
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

test("first errors are there while the file is sent, and a cancelled upload leaves nothing", async ({
  page,
  world,
}) => {
  await signIn(page, world.admin);
  await reachMapping(page, world);
  await page.route("/api/mapping/upload*", () => undefined);
  await upload(page, [header, `4.45E+11,${world.bob.upn}`, "447700900998,nobody"].join("\n"));
  await expect(page.getByRole("progressbar", { name: "Upload of mapping.csv" })).toBeVisible();
  const first = page.getByRole("table", { name: "First errors and warnings" });
  await expect(first.getByRole("rowheader")).toHaveText(["2", "3"]);
  await expect(page.getByText("All 2 lines checked: 2 errors, 0 warnings.")).toBeVisible();
  await expectAccessible(page);
  await button(page, "Cancel upload").click();
  await expect(page.getByRole("progressbar")).toHaveCount(0);
  await expect(first).toHaveCount(0);
  await page.unrouteAll();
  await page.reload();
  await expect(page.getByRole("group", { name: "Checked mapping file" })).toHaveCount(0);
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
