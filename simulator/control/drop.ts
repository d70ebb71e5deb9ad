import { escapeHtml, page } from "../http/page";
import { html, json } from "../http/reply";
import { doneFolder, dropFolder, type DroppedFile } from "../sftp/drop";
import type { Simulation } from "../simulation";
import type { ControlHandler } from "./handler";
import { timeOf } from "./wording";

/** Where the drop is, and what lies in it. */
export const getDrop: ControlHandler = async (simulation) => {
  const { files, ...address } = await dropOf(simulation);
  const listed = files.map(({ path, file: { zippedAt, records } }) => {
    return { path, zippedAt: new Date(zippedAt).toISOString(), messages: records.length };
  });
  return json(200, { ...address, files: listed });
};

const mostShown = 100;

export const dropPage: ControlHandler = async (simulation) => {
  const { files, host, port, folder, username, hostKey } = await dropOf(simulation);
  const newest = files.toReversed().slice(0, mostShown);
  const rows = newest.map(
    ({ path, file: { zippedAt, records } }) => `<tr><td>${escapeHtml(path)}</td>
<td>${timeOf(zippedAt)}</td><td class="number">${records.length}</td></tr>`,
  );
  const total = files.reduce((sum, { file }) => sum + file.records.length, 0);
  const main = `<nav aria-label="Breadcrumb"><p><a href="/">People</a></p></nav><h1>SFTP drop</h1>
<p>The same archive, delivered as ZIP files of mails. The password is the one of the TeleMessage account.</p>
<dl><dt>Host</dt><dd>${host}</dd><dt>Port</dt><dd>${port}</dd><dt>Folder</dt><dd>${folder}</dd>
<dt>Username</dt><dd>${escapeHtml(username)}</dd><dt>Fingerprint of the key</dt><dd>${escapeHtml(hostKey)}</dd></dl>
<h2 id="files">Files</h2><p>${files.length} files with ${total} messages${files.length > mostShown ? `; the newest ${mostShown} of them` : ""}.</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="files"><table><thead><tr><th scope="col">File</th>
<th scope="col">Zipped</th><th scope="col" class="number">Messages</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
  return html(200, page("SFTP drop", main));
};

type Placed = { readonly path: string; readonly file: DroppedFile };

async function dropOf({ world, settings, sftpPort }: Simulation) {
  const { keepHostKey } = await import("../sftp/host-key");
  const { fingerprint } = await keepHostKey(settings.dataFolder);
  const { username, oldestAvailable } = world.account.settings;
  const files = [dropFolder, doneFolder].flatMap((folder): Placed[] =>
    world.drop
      .list(folder, oldestAvailable)
      .map((file) => ({ path: `${folder}/${file.name}`, file })),
  );
  return {
    ...{ host: "127.0.0.1", port: sftpPort, folder: dropFolder, username },
    ...{ hostKey: fingerprint, files },
  };
}
