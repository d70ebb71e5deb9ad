import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deliveryOf } from "@/lib/testing/zip-files";
import { expectAccessible } from "./accessible";
import { archivedMail } from "./control";
import {
  acceptTerms,
  button,
  factOf,
  grantAtEntra,
  heading,
  openConnector,
  refusal,
  rowOf,
  signIn,
} from "./steps";
import { confirmKey, enterServer, fileName, test, vendorMail } from "./sftp-server";
import { expect } from "./test";

const waitMs = 60_000;

test("files on an SFTP server are set up, imported, and the server's new key is confirmed", async ({
  page,
  world,
  server,
}) => {
  test.setTimeout(4 * waitMs);
  const subject = `delivered-${world.key}`;
  const at = new Date(Date.now() - 3 * 60 * 60_000);
  const zip = await deliveryOf([vendorMail(subject, at, world.alice, world.bob)]);
  await writeFile(join(server.folder, fileName(1, at)), zip);
  await signIn(page, world.chief);
  await acceptTerms(page);
  await expect(page.getByRole("radio", { name: "Archive API" })).toBeChecked();
  await page.getByRole("radio", { name: "SFTP" }).check();

  await button(page, "Next").click();
  await expect(page.getByText("Enter the host.")).toHaveCount(2);
  await enterServer(page, { ...server, folder: "/not/there" });
  await page.locator('input[type="file"]').setInputFiles({
    name: "id_ed25519",
    mimeType: "text/plain",
    buffer: Buffer.from(server.lockedKey.privateKey),
  });
  await expect(page.getByLabel("Private key")).toHaveValue(/BEGIN OPENSSH PRIVATE KEY/);

  // Nothing is tried before the key of the server is confirmed.
  await button(page, "Next").click();
  await expect(page.getByText("Compare the server's key")).toBeVisible({ timeout: waitMs });
  await expect(page.getByText(server.hostKey())).toBeVisible();
  await expectAccessible(page);
  await button(page, "Next").click();
  await expect(refusal(page)).toContainText("Compare the fingerprint", { timeout: waitMs });
  await confirmKey(page);
  await expect(refusal(page)).toContainText("passphrase", { timeout: waitMs });
  await page.getByLabel("Passphrase").fill(server.lockedKey.passphrase);
  await button(page, "Next").click();
  await expect(refusal(page)).toContainText("This folder is not there", { timeout: waitMs });
  await expectAccessible(page);

  // What was typed is still there, also after a reload; secrets are not.
  await page.reload();
  await expect(page.getByLabel("Host")).toHaveValue(server.host);
  await expect(page.getByLabel("Private key")).toHaveValue("");
  await page.getByLabel("Folder").fill(server.folder);
  await page.getByLabel("Private key").fill(server.privateKey);
  await button(page, "Next").click();
  await confirmKey(page);
  await expect(heading(page, "User mapping")).toBeVisible({ timeout: waitMs });

  await button(page, "Back").click();
  await expect(page.getByText(`The server's key: ${server.hostKey()}`)).toBeVisible();
  await expectAccessible(page);
  await button(page, "Next").click();
  await expect(heading(page, "User mapping")).toBeVisible({ timeout: waitMs });
  await button(page, "Next").click();
  await grantAtEntra(page);
  await button(page, "Next").click();
  await expect(page.getByText(`SFTP from ${server.host}, port ${server.port}`)).toBeVisible();
  const name = `By SFTP ${world.key}`;
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();

  await expect(rowOf(page, name)).toContainText("Completed", { timeout: waitMs });
  const mail = async () =>
    (await archivedMail(world.alice.upn)).messages.map((each) => each.subject);
  await expect.poll(mail, { timeout: waitMs }).toContain(subject);
  await openConnector(page, name);
  await expect(factOf(page, "Key of the SFTP server")).toHaveText(server.hostKey());
  await expectAccessible(page);

  // Another key: the connector stops, Edit shows both, and one of them is confirmed.
  const before = server.hostKey();
  await server.renewHostKey();
  await button(page, "Sync now").click();
  // On top, and among the alarms.
  await expect(page.getByText("no longer shows the host key").first()).toBeVisible({
    timeout: waitMs,
  });
  await button(page, "Edit the connection").click();
  await expect(heading(page, "Edit connector")).toBeVisible();
  await button(page, "Save").click();
  await expect(page.getByText("The server shows another key")).toBeVisible({ timeout: waitMs });
  await expect(page.getByText(before)).toBeVisible();
  await expect(page.getByText(server.hostKey())).toBeVisible();
  await expectAccessible(page);
  await confirmKey(page, "Save");
  await expect(page.getByText("The changes were saved.")).toBeVisible({ timeout: waitMs });
  await expect(factOf(page, "Connection status with source")).toHaveText("Connected");
});
