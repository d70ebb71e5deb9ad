import { expectAccessible } from "./accessible";
import { control } from "./control";
import { createImported } from "./steps";
import { expect, test } from "./test";
import { mailOf, strangersChat } from "./world";

const mobile = "447700933333";

test("mapping a person who waits imports their items without an upload", async ({
  page,
  world,
}) => {
  const records = [strangersChat(world, mobile, "one"), strangersChat(world, mobile, "two")];
  await control("POST", "/records", { records });
  await createImported(page, world, "Completed with warnings");
  await page.getByRole("link", { name: "Not imported, over all runs" }).click();
  const people = page.getByRole("table", { name: "People without a mailbox" });
  await expect(people.getByRole("rowheader")).toHaveText([mobile]);
  await expect(people.getByRole("cell").nth(1)).toHaveText("2");
  await expectAccessible(page);

  await page.getByRole("link", { name: `Map ${mobile}` }).press("Enter");
  const dialog = page.getByRole("dialog", { name: "Map Sam Stranger" });
  const mailbox = dialog.getByLabel("Mailbox");
  await mailbox.fill("nobody@e2e.example");
  await dialog.getByRole("button", { name: "Map" }).click();
  await expect(mailbox).toBeFocused();
  await expect(mailbox).toHaveAttribute("aria-invalid", "true");
  await expect(mailbox).toHaveValue("nobody@e2e.example");
  await expectAccessible(page);
  await mailbox.fill("bo");
  await expect(dialog.locator("datalist option")).toHaveText(["Bob"]);
  await mailbox.fill(world.bob.upn);
  await page.keyboard.press("Enter");

  await expect(page.getByText("2 items that waited are imported")).toBeVisible();
  await expect(page.getByText("Nobody waits for a mailbox.")).toBeVisible();
  await expect(page.getByText("Everything was imported.")).toBeVisible();
  await expect.poll(() => mailOf(world, world.bob)).toBe(8);
});
