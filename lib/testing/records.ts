/** Builders of archive records: a whole one, and what a test wants different. */
export type Person = { readonly mobile: string; readonly upn: string; readonly name: string };

export const alice: Person = { mobile: "16175550001", upn: "alice@contoso.com", name: "Alice" };
export const bob: Person = { mobile: "16175550002", upn: "bob@contoso.com", name: "Bob" };
export const carol: Person = { mobile: "16175550003", upn: "carol@contoso.com", name: "Carol" };
export const stranger: Person = { mobile: "4915112345678", upn: "", name: "Stranger" };

export function participant({ mobile, upn, name }: Person) {
  return { type: "MOBILE", value: mobile, firstName: name, ...(upn === "" ? {} : { email: upn }) };
}

type Fields = {
  readonly id: string;
  readonly receivedAt: Date;
  readonly owner?: Person;
  readonly to?: readonly Person[];
  readonly body?: Readonly<Record<string, unknown>>;
};

export function chat({ id, receivedAt, owner = alice, to = [stranger], body = {} }: Fields) {
  return {
    id,
    revision: "1",
    gatewayReceivedDate: receivedAt.toISOString(),
    networkType: "WhatsApp",
    sourceType: "PHONE_ARCHIVER",
    body: {
      messageType: "CHAT",
      direction: "OUTGOING",
      networkMessageId: `net-${id}`,
      messageTime: receivedAt.getTime() - 1000,
      text: `Text of ${id}`,
      conversation: { id: `conv-${owner.mobile}`, type: "DIRECT" },
      owner: participant(owner),
      sender: participant(owner),
      recipients: to.map(participant),
      ...body,
    },
  };
}

export function world(
  people: readonly Person[],
  records: readonly unknown[],
  attachments: Readonly<Record<string, unknown>> = {},
) {
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
      ...people.map(({ upn, name }) => ({ upn, mail: upn, displayName: name, mailbox: "ok" })),
    ],
    telemessage: {
      accountId: "acc-test",
      username: "archive@contoso.com",
      password: "secret",
      records,
      attachments,
    },
  };
}

export function hoursAgo(hours: number): Date {
  return new Date(Date.now() - hours * 3_600_000);
}
