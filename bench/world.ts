/** A world of chats, each from one archived person to another. */
const day = 24 * 3_600_000;
const minutesAgo20 = 20 * 60_000;

type Size = { readonly records: number; readonly people: number; readonly account: string };

export function chatWorld({ records, people, account }: Size) {
  const newest = Date.now() - minutesAgo20;
  return {
    tenant: { domain: "contoso.com", name: "Contoso" },
    people: [
      {
        upn: "admin@contoso.com",
        displayName: "Admin",
        roles: ["Connector.Admin"],
        wids: ["62e90394-69f5-4237-9190-012177145e10"],
        mailbox: "ok",
      },
      ...Array.from({ length: people }, (_, index) => ({
        upn: addressOf(index),
        displayName: `Person ${index}`,
        mailbox: "ok",
      })),
    ],
    telemessage: {
      accountId: account,
      username: "archive@contoso.com",
      password: "Archive!2026",
      records: Array.from({ length: records }, (_, index) =>
        chat(index, people, new Date(newest - day * 0.9 * (1 - index / records))),
      ),
    },
  };
}

export function addressOf(index: number): string {
  return `person${index}@contoso.com`;
}

function participant(index: number) {
  return {
    type: "MOBILE",
    value: String(16_175_550_000 + index),
    email: addressOf(index),
    firstName: `Person ${index}`,
  };
}

function chat(index: number, people: number, receivedAt: Date) {
  const owner = participant(index % people);
  const recipient = participant((index * 7 + 1) % people);
  return {
    id: `bench-${index}`,
    revision: "1",
    gatewayReceivedDate: receivedAt.toISOString(),
    networkType: "WhatsApp",
    sourceType: "PHONE_ARCHIVER",
    body: {
      messageType: "CHAT",
      direction: "OUTGOING",
      networkMessageId: `net-${index}`,
      messageTime: receivedAt.getTime() - 1000,
      text: `Message ${index}: a text of ordinary length, as people write them all day long.`,
      conversation: { id: `conv-${index % people}`, type: "DIRECT" },
      owner,
      sender: owner,
      recipients: [recipient],
    },
  };
}

export async function putWorld(controlUrl: string, world: unknown): Promise<void> {
  const answer = await fetch(`${controlUrl}/world`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(world),
  });
  if (!answer.ok) throw new Error(`The world was refused: ${await answer.text()}`);
}

type Stats = {
  readonly requests: readonly {
    readonly service: string;
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly count: number;
  }[];
  readonly duplicates: { readonly byKey: number; readonly byInternetMessageId: number };
};

export async function stats(
  controlUrl: string,
): Promise<{ readonly imports: number; readonly duplicates: number }> {
  const { requests, duplicates } = (await (await fetch(`${controlUrl}/stats`)).json()) as Stats;
  const creates = requests.filter(
    ({ service, method, route, status }) =>
      service === "graph" && method === "POST" && route.endsWith("/messages") && status === 201,
  );
  return {
    imports: creates.reduce((sum, { count }) => sum + count, 0),
    duplicates: duplicates.byKey + duplicates.byInternetMessageId,
  };
}
