import { expectAccessible } from "./accessible";
import { control } from "./control";
import { csv, fromMappingToReview, header, textOf, upload } from "./mapping-steps";
import { button, factOf, reachMapping, rowOf, signIn } from "./steps";
import { expect, test } from "./test";
import { mailOf, strangersChat } from "./world";

const mobile = "447700977777";

test("before Finish the preview says who would be left out and why, and changes nothing", async ({
  page,
  context,
  world,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const records = [strangersChat(world, mobile, "one"), strangersChat(world, mobile, "two")];
  await control("POST", "/records", { records });
  await signIn(page, world.chief);
  await reachMapping(page, world);
  await upload(page, csv(`${world.alice.mobile},${world.alice.upn}`));
  await expect(page.getByText("1 line can be used.")).toBeVisible();
  await fromMappingToReview(page);

  await control("PATCH", "/latency", { telemessage: 20_000 });
  await button(page, "Preview coverage").click();
  await expect(page.getByRole("progressbar", { name: "Coverage preview" })).toBeVisible();
  await button(page, "Cancel preview").click();
  await expect(page.getByRole("progressbar")).toHaveCount(0);
  await control("PATCH", "/latency", { telemessage: 0 });

  await button(page, "Preview coverage").click();
  const coverage = page.getByRole("group", { name: "Coverage" });
  await expect(coverage).toContainText(
    "2 of 3 people would be imported; 6 of 8 items would be imported.",
  );
  await expect(factOf(page, "Items by custom mapping")).toHaveText("3");
  await expect(factOf(page, "Items by e-mail property")).toHaveText("3");
  await expect(factOf(page, "Items left out")).toHaveText("2");
  const leftOut = page.getByRole("table", { name: "People left out" });
  await expect(leftOut.getByRole("rowheader")).toHaveText([`Sam Stranger${mobile}`]);
  await expect(leftOut).toContainText("TeleMessage has no e-mail address. Add a line.");
  await expectAccessible(page);

  await button(page, `Copy line of ${mobile}`).click();
  await expect(page.getByRole("status").filter({ hasText: "Line copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${mobile},\r\n`);
  const download = page.waitForEvent("download");
  await button(page, "Download lines as CSV").click();
  expect(await textOf(download)).toBe(`${header}\r\n${mobile},\r\n`);

  await page.goto("/data-connectors?tab=connectors");
  await expect(rowOf(page, `Archive ${world.key}`)).toHaveCount(0);
  expect(await mailOf(world, world.alice)).toBe(0);
});
