/** Creates in the simulated Graph with nothing before and nothing after them: what a floor is made of. */
import { Agent, request } from "node:http";
import type { Services } from "./services";
import { appToken } from "./simulator";
import { addressOf } from "./world";

export type GraphClient = {
  create(mailbox: number, body: string): Promise<void>;
  close(): void;
};

export async function openGraph(services: Services, connections: number): Promise<GraphClient> {
  const token = await appToken(services);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    create: (mailbox, body) =>
      new Promise((resolve, reject) => {
        const path = `/v1.0/users/${addressOf(mailbox)}/mailFolders/inbox/messages`;
        const headers = {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
        };
        const sent = request(`${services.urls.graph}${path}`, { method: "POST", agent, headers });
        sent.on("response", (answer) => {
          answer.resume();
          answer.on("end", () =>
            answer.statusCode === 201
              ? resolve()
              : reject(new Error(`A create was answered ${answer.statusCode}`)),
          );
        });
        sent.on("error", reject);
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** The simulator's bare ceiling: creates a second, a few connections in a tight loop. */
export async function ceiling(
  services: Services,
  { creates, mailboxes }: { readonly creates: number; readonly mailboxes: number },
): Promise<number> {
  const connections = 8;
  const client = await openGraph(services, connections);
  const startedAt = performance.now();
  const line = async (first: number) => {
    for (let index = first; index < creates; index += connections) {
      await client.create(index % mailboxes, plainCreate(index));
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, first) => line(first)));
  client.close();
  return creates / ((performance.now() - startedAt) / 1000);
}

/** As long as the product's own create of a chat, with the properties that make it mail of its day. */
export function plainCreate(index: number, html = `<p>${"x".repeat(2_700)}</p>`): string {
  const person = { emailAddress: { name: `Person ${index}`, address: addressOf(index) } };
  const at = new Date().toISOString();
  return JSON.stringify({
    subject: `WhatsApp Message ${index}`,
    body: { contentType: "html", content: html },
    from: person,
    sender: person,
    toRecipients: [person],
    isRead: true,
    categories: ["WhatsApp Archiver"],
    internetMessageId: `<bare-${index}-${Math.random()}@contoso.com>`,
    internetMessageHeaders: ["Item-Id", "Conversation", "Connector", "Source", "SHA256"].map(
      (name) => ({ name: `X-Archive-${name}`, value: `value of ${name} ${index}` }),
    ),
    singleValueExtendedProperties: [
      { id: "Integer 0x0E07", value: "1" },
      { id: "SystemTime 0x0E06", value: at },
      { id: "SystemTime 0x0039", value: at },
      { id: "String 0x0070", value: `Conversation ${index}` },
      { id: "String 0x001A", value: "IPM.Note" },
    ],
  });
}
