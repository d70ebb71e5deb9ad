import type { Address } from "../mime/write-headers";
import { listIn, property, wordsIn } from "../state/property";

export type MailPeople = {
  readonly sender: MailPerson | undefined;
  readonly recipients: readonly MailPerson[];
};

export type MailPerson = {
  /** A phone number, or what else WhatsApp knows the person by. */
  readonly value: string;
  readonly name: string;
  readonly email: string;
};

/** Whoever wrote, and everybody else; whose archive it is from is among them. */
export function mailPeople(body: unknown): MailPeople {
  const sender = readPerson(property(body, "sender"));
  const others = [...listIn(body, "recipients"), property(body, "owner")].flatMap(
    (each) => readPerson(each) ?? [],
  );
  const everybody = new Map<string, MailPerson>();
  for (const person of [...(sender === undefined ? [] : [sender]), ...others]) {
    const known = everybody.get(person.value);
    // The same person is often named twice, and only once with an address.
    if (known === undefined) everybody.set(person.value, person);
    else everybody.set(person.value, merged(known, person));
  }
  const written = sender === undefined ? undefined : everybody.get(sender.value);
  return {
    sender: written,
    recipients: [...everybody.values()].filter((person) => person !== written),
  };
}

/** Header format #1 of the vendor's: `First Last Mobile <email>`; without an address the number stands in for it. */
export function headerPerson({ value, name, email }: MailPerson): Address {
  if (email !== "") return { name: [name, value].filter(Boolean).join(" "), address: email };
  // What is no atom cannot stand where an address stands.
  if (!/^[\w.+-]{1,100}$/.test(value)) return { name: `${name} ${value}`.trim(), address: "" };
  return { name, address: value };
}

function readPerson(value: unknown): MailPerson | undefined {
  const person = {
    value: short(wordsIn(value, "value")),
    name: short(`${wordsIn(value, "firstName")} ${wordsIn(value, "lastName")}`.trim()),
    email: addressIn(wordsIn(value, "email")),
  };
  return person.value === "" && person.name === "" && person.email === "" ? undefined : person;
}

function merged(known: MailPerson, more: MailPerson): MailPerson {
  return { ...known, name: known.name || more.name, email: known.email || more.email };
}

function addressIn(text: string): string {
  return /^[^\s<>()[\]\\,;:"@]{1,64}@[^\s<>()[\]\\,;:"@]{1,190}$/.test(text) &&
    /^[\x21-\x7e]*$/.test(text)
    ? text
    : "";
}

function short(text: string): string {
  return text.slice(0, 500);
}
