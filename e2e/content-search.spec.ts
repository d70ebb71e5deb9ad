import { button, createConnector, openConnector } from "./steps";
import { expect, test } from "./test";

test("a connector's page makes queries for Content Search, and copies them", async ({
  page,
  world,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openConnector(page, await createConnector(page, world));
  const search = page.getByRole("region", { name: "Find in Content Search" });
  const query = search.getByLabel("Query");
  const connectorId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  await expect(query).toHaveValue(`subject:WhatsApp AND "${connectorId}"`);

  await search.getByLabel("Person").fill("+44 5204 334324");
  await search.getByLabel("Conversation").fill(`"Sales" (Group)`);
  await search.getByLabel("Day sent").fill("2026-03-01");
  await search.getByLabel("Only what this connector imported").uncheck();
  const wanted = `subject:WhatsApp AND "445204334324" AND "Sales Group" AND sent:2026-03-01`;
  await expect(query).toHaveValue(wanted);

  await button(page, "Copy query").click();
  await expect(search.getByRole("status")).toHaveText("The query was copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(wanted);

  await search.getByLabel("Person").fill("***");
  await expect(search.getByText("Enter a number, a name or an address.")).toBeVisible();
  await expect(search.getByLabel("Person")).toHaveValue("***");
  await expect(query).toHaveCount(0);
});
