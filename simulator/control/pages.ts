import { escapeHtml, page } from "../http/page";
import { html, type Reply } from "../http/reply";
import { bytesOf, sizeOf, timeOf } from "./wording";
import { dropFolder } from "../sftp/drop";
import type { Simulation } from "../simulation";
import { rolesOf, type Person } from "../state/directory";
import type { Folder } from "../state/folders";
import type { Mailbox } from "../state/mailbox";
import type { StoredMessage } from "../state/stored-message";
import type { ControlHandler } from "./handler";
import { findIn } from "./mailboxes";

const perPage = 50;

/** Everybody, and what arrived for them. */
export const homePage: ControlHandler = ({ world, urls, sftpPort }) => {
  const people = world.directory.everybody.filter(({ isRemoved }) => !isRemoved);
  const rows = people.map((person) => {
    const mailbox = world.mailboxes.of(person);
    const archived = mailbox.folders.childNamed(mailbox.folders.root, "WhatsApp Archiver");
    const name = escapeHtml(person.displayName);
    const link =
      person.mailbox === "none"
        ? `<span dir="auto">${name}</span>`
        : `<a href="${mailboxHref(person)}" dir="auto">${name}</a>`;
    return `<tr><td>${link}</td><td>${escapeHtml(person.upn)}</td>
<td>${escapeHtml(stateOf(person))}</td><td>${escapeHtml(rolesOf(person).join(", "))}</td>
<td class="number">${archived?.messages.size ?? 0}</td><td class="number">${mailbox.size}</td></tr>`;
  });
  const { settings } = world.account;
  const main = `<p class="quiet">Simulated services</p><h1>${escapeHtml(world.tenant.name)}</h1>
<p>Nothing here is real: this stands in for TeleMessage and Microsoft 365, and shows what the
connector has put into the mailboxes. It is all gone when the simulator stops.</p>
<dl><dt>Tenant</dt><dd>${escapeHtml(world.tenant.id)} (${escapeHtml(world.tenant.domain)})</dd>
<dt>TeleMessage</dt><dd>${escapeHtml(settings.username)}, ${world.archive.size} records in the archive
${settings.locked ? '<strong class="warn">account locked</strong>' : ""}</dd>
<dt>Addresses</dt><dd>TeleMessage ${urls.telemessage}, Entra ${urls.entra}, Graph ${urls.graph}</dd>
<dt>SFTP drop</dt><dd>host 127.0.0.1, port ${sftpPort}, folder ${dropFolder}</dd></dl>
<p><a href="/gallery">Every kind of message once</a></p>
<p><a href="/drop">The archive as files: key and contents of the SFTP drop</a></p>
<h2 id="people">People and mailboxes</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="people"><table><thead><tr><th scope="col">Name</th><th scope="col">User name</th>
<th scope="col">Mailbox</th><th scope="col">Roles</th><th scope="col" class="number">WhatsApp Archiver</th>
<th scope="col" class="number">All messages</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
  return html(200, page("Simulated services", main));
};

export const mailboxPage: ControlHandler = (simulation, { query }, { upn = "" }) => {
  const found = openMailbox(simulation, upn);
  if (found === undefined) return missing();
  const { person, mailbox } = found;
  const folders = mailbox.folders.all();
  const folder =
    folders.find(({ serial }) => mailbox.ids.folder(serial) === query.get("folder")) ??
    mailbox.folders.childNamed(mailbox.folders.root, "WhatsApp Archiver") ??
    mailbox.folders.wellKnown("inbox") ??
    mailbox.folders.root;
  const skip = Math.max(0, Number(query.get("skip")) || 0);
  const newestFirst = [...folder.messages].sort((a, b) => b.receivedAt - a.receivedAt);
  const shown = newestFirst.slice(skip, skip + perPage);
  const main = `${crumbs([["People", "/"]])}<h1 dir="auto">${escapeHtml(person.displayName)}</h1>
<p class="quiet">${escapeHtml(person.upn)} · ${escapeHtml(stateOf(person))}</p>
<div class="split"><nav aria-label="Folders"><ul class="folders">
${folders.map((each) => folderLink(person, mailbox, each, each === folder)).join("\n")}</ul></nav>
<div><h2 id="folder">${escapeHtml(folder.displayName)}</h2>
${shown.length === 0 ? "<p>No messages.</p>" : messageTable(person, mailbox, shown)}
${pager(person, mailbox, folder, skip)}</div></div>`;
  return html(200, page(`${person.displayName}: ${folder.displayName}`, main));
};

export const messagePage: ControlHandler = async (simulation, _request, { upn = "", id = "" }) => {
  const found = findIn(simulation, upn, id);
  if (found === undefined) return missing();
  const { person, mailbox, message } = found;
  const document = JSON.parse(message.document.toString()) as ShownDocument;
  const folder = mailbox.folders.get(message.folder);
  const here = messageHref(person, mailbox, message);
  const facts: [string, string][] = [
    ["From", nameOf(document.from)],
    ["To", document.toRecipients.map(nameOf).join(", ")],
    ["Sent", timeOf(message.sentAt)],
    ["Received", timeOf(message.receivedAt)],
    ["Categories", document.categories.join(", ")],
    [
      "State",
      `${message.isDraft ? "draft" : "not a draft"}, ${message.isRead ? "read" : "unread"}`,
    ],
    ["Message-ID", message.internetMessageId],
    ...(document.internetMessageHeaders ?? []).map(({ name, value }): [string, string] => [
      name,
      value,
    ]),
    ...message.extendedProperties.map((each): [string, string] => [each.id, each.value]),
  ];
  const files = message.attachments.map(
    ({ serial, name, contentType, bytes }) =>
      `<li><a href="${here}/files/${serial}" download dir="auto">${escapeHtml(name)}</a>
<span class="quiet">${escapeHtml(contentType ?? "no type")}, ${sizeOf(bytes.sizeBytes)}</span></li>`,
  );
  const eml = `/mailboxes/${encodeURIComponent(person.upn)}/messages/${mailbox.ids.immutableMessage(message.serial)}/eml`;
  const folderName = folder?.displayName ?? "Folder";
  const main = `${crumbs([
    ["People", "/"],
    [person.displayName, mailboxHref(person)],
    [folderName, `${mailboxHref(person)}?folder=${mailbox.ids.folder(message.folder)}`],
  ])}<h1 dir="auto">${escapeHtml(document.subject || "(no subject)")}</h1>
<iframe sandbox src="${here}/body" title="The message’s text"></iframe>
${files.length === 0 ? "" : `<h2>Attachments</h2><ul>${files.join("\n")}</ul>`}
<h2>Facts</h2><dl>${facts
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd dir="auto">${escapeHtml(value)}</dd>`)
    .join(
      "\n",
    )}</dl><p><a class="button" href="${eml}" download="message.eml">Download as .eml</a></p>`;
  return html(200, page(document.subject || "Message", main));
};

/** What a message brings along is shown in a frame that may do nothing: no scripts, no requests. */
export const messageBody: ControlHandler = (simulation, _request, { upn = "", id = "" }) => {
  const found = findIn(simulation, upn, id);
  if (found === undefined) return missing();
  const { body } = JSON.parse(found.message.document.toString()) as ShownDocument;
  const isHtml = body.contentType === "html";
  return html(200, isHtml ? body.content : `<pre>${escapeHtml(body.content)}</pre>`, {
    "content-security-policy":
      "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  });
};

export const messageFile: ControlHandler = (simulation, _request, params) => {
  const found = findIn(simulation, params["upn"] ?? "", params["id"] ?? "");
  const file = found?.message.attachments.find(({ serial }) => String(serial) === params["file"]);
  return file === undefined ? missing() : bytesOf(file);
};

type ShownDocument = {
  readonly subject: string;
  readonly body: { readonly contentType: string; readonly content: string };
  readonly from?: Recipient;
  readonly toRecipients: readonly Recipient[];
  readonly categories: readonly string[];
  readonly internetMessageHeaders?: readonly { readonly name: string; readonly value: string }[];
};

type Recipient = { readonly emailAddress?: { readonly name?: string; readonly address?: string } };

function openMailbox({ world }: Simulation, upn: string) {
  const person = world.directory.findEver(upn);
  return person === undefined ? undefined : { person, mailbox: world.mailboxes.of(person) };
}

function messageTable(
  person: Person,
  mailbox: Mailbox,
  messages: readonly StoredMessage[],
): string {
  const rows = messages.map((message) => {
    const { subject, from } = JSON.parse(message.document.toString()) as ShownDocument;
    const files = message.attachments.length;
    return `<tr><td><a href="${messageHref(person, mailbox, message)}" dir="auto">${escapeHtml(subject || "(no subject)")}</a>
${files === 0 ? "" : `<span class="quiet">${files} attachment${files === 1 ? "" : "s"}</span>`}</td>
<td dir="auto">${escapeHtml(nameOf(from))}</td><td>${timeOf(message.receivedAt)}</td></tr>`;
  });
  return `<div class="scroll" tabindex="0" role="region" aria-labelledby="folder"><table><thead><tr><th scope="col">Subject</th><th scope="col">From</th>
<th scope="col">Received</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function pager(person: Person, mailbox: Mailbox, folder: Folder, skip: number): string {
  const total = folder.messages.size;
  if (total <= perPage) return "";
  const link = (to: number, text: string) =>
    `<a class="button" href="${mailboxHref(person)}?folder=${mailbox.ids.folder(folder.serial)}&amp;skip=${to}">${text}</a>`;
  const last = Math.min(total, skip + perPage);
  return `<p>${skip + 1} to ${last} of ${total}</p><p class="actions">
${skip > 0 ? link(Math.max(0, skip - perPage), "Newer") : ""}
${last < total ? link(skip + perPage, "Older") : ""}</p>`;
}

function folderLink(person: Person, mailbox: Mailbox, folder: Folder, isCurrent: boolean): string {
  const href = `${mailboxHref(person)}?folder=${mailbox.ids.folder(folder.serial)}`;
  const current = isCurrent ? ' aria-current="page"' : "";
  return `<li><a href="${href}"${current}><span dir="auto">${escapeHtml(folder.displayName)}</span>
<span class="quiet">${folder.messages.size}</span></a></li>`;
}

function crumbs(links: readonly (readonly [text: string, href: string])[]): string {
  const parts = links.map(([text, href]) => `<a href="${href}" dir="auto">${escapeHtml(text)}</a>`);
  return `<nav aria-label="Breadcrumb"><p>${parts.join(" / ")}</p></nav>`;
}

function stateOf(person: Person): string {
  if (person.mailbox === "full") return "mailbox full";
  if (person.mailbox === "denied") return "mailbox out of the application’s reach";
  if (person.mailbox === "none") return person.userType === "Guest" ? "guest" : "no mailbox";
  return person.isShared ? "shared mailbox" : "mailbox";
}

function nameOf(recipient: Recipient | undefined): string {
  const { name = "", address = "" } = recipient?.emailAddress ?? {};
  return name === "" || name === address ? address : `${name} <${address}>`;
}

function mailboxHref(person: Person): string {
  return `/view/${encodeURIComponent(person.upn)}`;
}

function messageHref(person: Person, mailbox: Mailbox, message: StoredMessage): string {
  return `${mailboxHref(person)}/${mailbox.ids.immutableMessage(message.serial)}`;
}

function missing(): Reply {
  return html(404, page("Not found", '<h1>This is not here.</h1><p><a href="/">People</a></p>'));
}
