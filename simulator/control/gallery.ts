import { textOf } from "../graph/message-input";
import { escapeHtml, page } from "../http/page";
import { html } from "../http/reply";
import type { Simulation } from "../simulation";
import type { Person } from "../state/directory";
import type { Mailbox } from "../state/mailbox";
import type { StoredMessage } from "../state/stored-message";
import type { ControlHandler } from "./handler";
import { kindOf } from "./kinds";
import { sizeOf, timeOf } from "./wording";

type Arrived = {
  readonly person: Person;
  readonly mailbox: Mailbox;
  readonly message: StoredMessage;
};

type Document = {
  readonly subject: string;
  readonly body: { readonly contentType: string; readonly content: string };
  readonly internetMessageHeaders?: readonly { readonly name: string; readonly value: string }[];
};

const longestText = 20_000;

/** One message of every kind the archive has, as it arrived in a mailbox. */
export const galleryPage: ControlHandler = (simulation) => {
  const arrived = firstArrivals(simulation);
  const kinds = [...kindsOf(simulation)].sort(([one], [other]) => (one < other ? -1 : 1));
  const shown = kinds.map(([kind, ids], index) => {
    const found = ids.map((id) => arrived.get(id)).find((each) => each !== undefined);
    return { kind, found, anchor: `kind-${index + 1}` };
  });
  const missing = shown.filter(({ found }) => found === undefined).length;
  const main = `<nav aria-label="Breadcrumb"><p><a href="/">People</a></p></nav><h1>Every kind once</h1>
<p>One message of each kind of record in the archive, as it arrived in a mailbox. ${shown.length} kinds,
${missing === 0 ? "all of them have arrived" : `${missing} have not arrived yet`}.</p>
<ol>${shown.map(indexEntry).join("\n")}</ol>${shown.map(section).join("\n")}`;
  return html(200, page("Every kind once", main));
};

type Shown = {
  readonly kind: string;
  readonly found: Arrived | undefined;
  readonly anchor: string;
};

function indexEntry({ kind, found, anchor }: Shown): string {
  const state = found === undefined ? ' <span class="quiet">not arrived</span>' : "";
  return `<li><a href="#${anchor}">${escapeHtml(kind)}</a>${state}</li>`;
}

function section({ kind, found, anchor }: Shown): string {
  const heading = `<section aria-labelledby="${anchor}"><h2 id="${anchor}">${escapeHtml(kind)}</h2>`;
  if (found === undefined) return `${heading}<p>No mailbox has one.</p></section>`;
  const { person, mailbox, message } = found;
  const { subject, body } = JSON.parse(message.document.toString()) as Document;
  const upn = encodeURIComponent(person.upn);
  const id = mailbox.ids.immutableMessage(message.serial);
  const text = body.contentType === "html" ? textOf(body.content) : body.content;
  const files = message.attachments.map(
    ({ name, bytes }) =>
      `<li><bdi>${escapeHtml(name)}</bdi> <span class="quiet">${sizeOf(bytes.sizeBytes)}</span></li>`,
  );
  return `${heading}<p><a href="/view/${upn}/${id}" dir="auto">${escapeHtml(subject)}</a><br>
<span class="quiet"><bdi>${escapeHtml(person.displayName)}</bdi>, ${timeOf(message.sentAt)}</span></p>
<iframe sandbox loading="lazy" src="/view/${upn}/${id}/body" title="${escapeHtml(kind)}"></iframe>
${files.length === 0 ? "" : `<ul>${files.join("\n")}</ul>`}
<details><summary>As plain text</summary><pre dir="auto">${escapeHtml(text.slice(0, longestText))}</pre></details>
<p><a href="/mailboxes/${upn}/messages/${id}/eml" download="message.eml">Download as .eml</a></p></section>`;
}

/** The ids of the archive's records, by kind. */
function kindsOf({ world }: Simulation): ReadonlyMap<string, readonly string[]> {
  const kinds = new Map<string, string[]>();
  for (const record of world.archive.everything()) {
    const { id } = (record ?? {}) as { readonly id?: unknown };
    if (typeof id !== "string") continue;
    const kind = kindOf(record);
    const ids = kinds.get(kind);
    if (ids === undefined) kinds.set(kind, [id]);
    else ids.push(id);
  }
  return kinds;
}

/** Messages say in a header of which record they are. */
function firstArrivals({ world }: Simulation): ReadonlyMap<string, Arrived> {
  const arrived = new Map<string, Arrived>();
  for (const person of world.directory.everybody) {
    const mailbox = world.mailboxes.of(person);
    for (const message of mailbox.all()) {
      const { internetMessageHeaders = [] } = JSON.parse(message.document.toString()) as Document;
      const id = internetMessageHeaders.find(
        ({ name }) => name.toLowerCase() === "x-whatsapp-item-id",
      )?.value;
      if (id !== undefined && !arrived.has(id)) arrived.set(id, { person, mailbox, message });
    }
  }
  return arrived;
}
