import { GraphError } from "./errors";

const lists = ["toRecipients", "ccRecipients", "bccRecipients", "replyTo"] as const;
const singles = ["from", "sender"] as const;

/** Everybody named in a message needs an address that mail could be sent to. */
export function checkRecipients(body: Readonly<Record<string, unknown>>): void {
  for (const name of lists) {
    const value = body[name];
    if (Array.isArray(value)) value.forEach(checkRecipient);
  }
  for (const name of singles) {
    if (body[name] !== undefined && body[name] !== null) checkRecipient(body[name]);
  }
}

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const smtpAddress = new RegExp(`^${atom}(?:\\.${atom})*@${label}(?:\\.${label})*$`);

export function isSmtpAddress(address: string): boolean {
  return address.length <= 320 && address.indexOf("@") <= 64 && smtpAddress.test(address);
}

function checkRecipient(value: unknown): void {
  const { emailAddress } = (value ?? {}) as { emailAddress?: { address?: unknown } | null };
  const address = emailAddress?.address;
  if (typeof address === "string" && isSmtpAddress(address)) return;
  throw new GraphError(
    400,
    "ErrorInvalidRecipients",
    `At least one recipient is not valid., Recipient '${typeof address === "string" ? address : ""}' is not resolved. All recipients must be resolved before a message can be submitted.`,
  );
}
