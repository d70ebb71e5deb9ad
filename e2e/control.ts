/** The simulator's control interface: what a test does to the world behind the product's back. */
import { product } from "./support/product";

export async function control(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${product().controlUrl}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

export type Mail = {
  readonly total: number;
  readonly messages: readonly {
    readonly subject: string;
    readonly internetMessageId: string;
    readonly body: { readonly content: string };
  }[];
};

export async function archivedMail(upn: string): Promise<Mail> {
  const folder = encodeURIComponent("WhatsApp Archiver");
  return (await control("GET", `/mailboxes/${upn}/messages?folder=${folder}`)) as Mail;
}
