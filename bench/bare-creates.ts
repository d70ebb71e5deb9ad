/** The floor: creates of the same size to the same mailboxes, nothing before and nothing after them. */
import { Agent, request } from "node:http";
import { addressOf } from "./world";

const tenantId = "3f2c0d6e-0000-4000-8000-000000000001";
const requestsPerMailbox = 3;
const atOnce = 64;

type Work = {
  readonly graphUrl: string;
  readonly entraUrl: string;
  readonly people: number;
  readonly creates: number;
};

/** @returns seconds for all of them */
export async function bareCreates(work: Work): Promise<number> {
  const token = await appToken(work.entraUrl);
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const mailboxes = Array.from({ length: work.people }, (_, index) => addressOf(index));
  const perMailbox = Math.floor(work.creates / work.people);
  const lines: (() => Promise<void>)[] = mailboxes.flatMap((mailbox) =>
    Array.from({ length: requestsPerMailbox }, (_, line) => async () => {
      for (let index = line; index < perMailbox; index += requestsPerMailbox) {
        await create(work.graphUrl, agent, token, mailbox, index);
      }
    }),
  );
  const startedAt = performance.now();
  const queue = lines.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const line of queue) await line();
    }),
  );
  agent.destroy();
  return (performance.now() - startedAt) / 1000;
}

async function appToken(entraUrl: string): Promise<string> {
  const answer = await fetch(`${entraUrl}/${tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: "7d1f6a52-0000-4000-8000-00000000c11e",
      client_secret: "simulated-client-secret",
      scope: "https://graph.microsoft.com/.default",
    }),
  });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (token === undefined) throw new Error("The simulated Entra gave no token");
  return token;
}

function create(
  graphUrl: string,
  agent: Agent,
  token: string,
  mailbox: string,
  index: number,
): Promise<void> {
  const body = messageOf(mailbox, index);
  return new Promise((resolve, reject) => {
    const sent = request(
      `${graphUrl}/v1.0/users/${mailbox}/mailFolders/inbox/messages`,
      {
        method: "POST",
        agent,
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
        },
      },
      (answer) => {
        answer.resume();
        answer.on("end", () =>
          answer.statusCode === 201
            ? resolve()
            : reject(new Error(`A bare create was answered ${answer.statusCode}`)),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** About as long as the product's own create of a chat. */
function messageOf(mailbox: string, index: number): string {
  const person = { emailAddress: { name: mailbox, address: mailbox } };
  return JSON.stringify({
    subject: `Bare create ${index}`,
    body: { contentType: "html", content: `<p>${"x".repeat(3_200)}</p>` },
    from: person,
    sender: person,
    toRecipients: [person],
    internetMessageId: `<bare-${mailbox}-${index}@contoso.com>`,
    singleValueExtendedProperties: [{ id: "Integer 0x0E07", value: "1" }],
  });
}
