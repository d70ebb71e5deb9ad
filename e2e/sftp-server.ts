/** A delivery by SFTP: an OpenSSH server of a test's own, what lies on it, and the wizard's way to it. */
import type { Page } from "@playwright/test";
import { eml } from "@/lib/core/eml-builder";
import { findSshServer } from "../scripts/checks/programs";
import { type SftpServer, startSftpServer } from "../scripts/testing/sftp-server";
import { button } from "./steps";
import { test as base } from "./test";
import type { Person } from "./world";

export const test = base.extend<{ readonly server: SftpServer }>({
  server: [
    async ({ browserName: _browser }, use, info) => {
      info.skip(findSshServer() === null, "OpenSSH's server is not installed");
      const server = await startSftpServer();
      await use(server);
      await server.stop();
    },
    { timeout: 60_000 },
  ],
});

/** As the vendor names a file by its number and the time it was zipped. */
export function fileName(number: number, zippedAt: Date): string {
  const time = zippedAt.toISOString().replace(/\D/g, "").slice(0, 14);
  return `${time.slice(0, 8)}0000-TeleMessage_${number}_${time}.zip`;
}

/** Its id is its subject. */
export function vendorMail(id: string, sentAt: Date, from: Person, to: Person): Buffer {
  return eml({
    ...{ "Message-ID": `<${id}@vendor.example>`, Date: sentAt.toUTCString(), Subject: id },
    ...{ From: `${from.name} ${from.mobile} <${from.upn}>` },
    ...{ To: `${to.name} ${to.mobile} <${to.upn}>` },
  });
}

type Place = Pick<SftpServer, "host" | "port" | "folder" | "username">;

/** On the step that asks for the TeleMessage account. */
export async function enterServer(page: Page, place: Place): Promise<void> {
  await page.getByRole("radio", { name: "SFTP" }).check();
  await page.getByLabel("Host").fill(place.host);
  await page.getByLabel("Port").fill(String(place.port));
  await page.getByLabel("Folder").fill(place.folder);
  await page.getByLabel("Username").fill(place.username);
}

export async function confirmKey(page: Page, answer = "Next"): Promise<void> {
  await page.getByRole("checkbox", { name: "The fingerprint is the server's" }).check();
  await button(page, answer).click();
}
