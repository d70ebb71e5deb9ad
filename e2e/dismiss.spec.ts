import { expectAccessible } from "./accessible";
import { control } from "./control";
import { button, createConnector, importEnded, openConnector } from "./steps";
import { expect, test } from "./test";
import { strangersChat } from "./world";

test("an item nobody can import is dismissed with a reason, and its row says so", async ({
  page,
  world,
}) => {
  await control("POST", "/records", { records: [strangersChat(world, "447700955556", "lost")] });
  await openConnector(page, await createConnector(page, world));
  await importEnded(page, "Completed with warnings");
  const items = page.getByRole("table", { name: "Items" });
  const row = items
    .getByRole("row")
    .filter({ hasText: `lost-${world.key}` })
    .filter({
      hasText: "Failed",
    });
  await expect(row.getByText(/^Original kept until /)).toBeVisible();

  await row.getByRole("link", { name: `Dismiss lost-${world.key}` }).click();
  const dialog = page.getByRole("dialog", { name: "Dismiss this item?" });
  await expect(dialog).toContainText(`lost-${world.key}`);
  await button(page, "Dismiss").click();
  await expect(dialog.getByLabel("Reason")).toHaveAttribute("aria-invalid", "true");
  await expect(dialog).toContainText("Say why the item need not be imported.");
  await expectAccessible(page);
  await dialog.getByLabel("Reason").fill("A test number of the carrier");
  await button(page, "Dismiss").click();

  await expect(dialog).toHaveCount(0);
  await expect(row).toContainText("Dismissed: A test number of the carrier");
  await expect(row.getByRole("link", { name: /^Dismiss/ })).toHaveCount(0);
  await expectAccessible(page);
});
