/** A world of chats between archived people: every mailbox gets about as many as every other. */
const day = 24 * 3_600_000;
const twentyMinutes = 20 * 60_000;

export type WorldSize = {
  readonly items: number;
  readonly mailboxes: number;
  /** In how many mailboxes each item is to arrive: its owner's, and its recipient's too. */
  readonly copies: 1 | 2;
  /** So many items at the beginning carry a file of so many bytes each. */
  readonly files?: { readonly count: number; readonly sizeBytes: number };
};

export const accountId = "bench";
export const sourceUser = { username: "archive@contoso.com", password: "Archive!2026" };
export const administrator = "admin@contoso.com";

export function chatWorld(size: WorldSize) {
  return {
    tenant: { domain: "contoso.com", name: "Contoso" },
    people: [
      {
        upn: administrator,
        displayName: "Admin",
        roles: ["Connector.Admin"],
        wids: ["62e90394-69f5-4237-9190-012177145e10"],
        mailbox: "ok",
      },
      ...Array.from({ length: size.mailboxes }, (_, index) => ({
        upn: addressOf(index),
        mail: addressOf(index),
        displayName: `Person ${index}`,
        mailbox: "ok",
      })),
    ],
    telemessage: { accountId, ...sourceUser, records: records(size), attachments: files(size) },
  };
}

export function addressOf(index: number): string {
  return `person${index}@contoso.com`;
}

export function textOf(index: number): string {
  return `Message ${index}: a text of ordinary length, as people write them all day long.`;
}

/** Whose mailboxes an item goes to. */
export function mailboxesOf(
  index: number,
  { mailboxes, copies }: Pick<WorldSize, "mailboxes" | "copies">,
): readonly number[] {
  const owner = index % mailboxes;
  return copies === 1 ? [owner] : [owner, (index + 1 + (index % 7)) % mailboxes];
}

function records(size: WorldSize): unknown[] {
  const newest = Date.now() - twentyMinutes;
  return Array.from({ length: size.items }, (_, index) =>
    chat(index, size, new Date(newest - day * 0.9 * (1 - index / size.items))),
  );
}

function chat(index: number, size: WorldSize, receivedAt: Date) {
  const [ownerIndex = 0, recipientIndex] = mailboxesOf(index, size);
  const owner = archived(ownerIndex);
  const hasFile = index < (size.files?.count ?? 0);
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
      text: textOf(index),
      conversation: { id: `conv-${ownerIndex}`, type: "DIRECT" },
      owner,
      sender: owner,
      recipients: [recipientIndex === undefined ? stranger(index) : archived(recipientIndex)],
      ...(hasFile ? { attachments: [{ id: fileId(index), fileName: `film-${index}.mp4` }] } : {}),
    },
  };
}

function archived(index: number) {
  return {
    type: "MOBILE",
    value: String(16_175_550_000 + index),
    email: addressOf(index),
    firstName: `Person ${index}`,
  };
}

function stranger(index: number) {
  return { type: "MOBILE", value: String(491_510_000_000 + (index % 1000)), firstName: "Stranger" };
}

function files({ files: wanted }: WorldSize): Record<string, unknown> {
  const { count = 0, sizeBytes = 0 } = wanted ?? {};
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      fileId(index),
      { sizeBytes, seed: fileId(index) },
    ]),
  );
}

function fileId(index: number): string {
  return `file-${index}`;
}
