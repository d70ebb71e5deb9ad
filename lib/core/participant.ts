/** A person as the source names him in an item, and what the resolution found out about him. */
export type ParticipantType = "MOBILE" | "WHATSAPP_ID" | "LOGIN" | "OTHER";

export type ParticipantRole = "owner" | "sender" | "recipient";

export type Participant = {
  readonly type: ParticipantType;
  readonly value: string;
  readonly email: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
};

export type ItemParticipant = Participant & { readonly roles: readonly ParticipantRole[] };

/** A participant with what the resolution found; stored with the item and never changed. */
export type ResolvedParticipant = ItemParticipant & {
  readonly mailbox: { readonly id: string; readonly address: string } | null;
};

/** Type and value name a person within an item (archive API, "each once"); no type holds a space. */
export function participantKey({ type, value }: Pick<Participant, "type" | "value">): string {
  return `${type} ${value}`;
}

/**
 * Everybody of an item once, in the order owner, sender, recipients. A later mention only fills in
 * what the earlier one left open: the owner often repeats among the recipients with an address.
 */
export function eachOnce(
  owner: Participant | null,
  sender: Participant | null,
  recipients: readonly Participant[],
): ItemParticipant[] {
  const found = new Map<string, Participant & { roles: ParticipantRole[] }>();
  const add = (participant: Participant, role: ParticipantRole) => {
    const key = participantKey(participant);
    const known = found.get(key);
    if (known === undefined) {
      found.set(key, { ...participant, roles: [role] });
      return;
    }
    found.set(key, {
      ...known,
      email: known.email ?? participant.email,
      firstName: known.firstName ?? participant.firstName,
      lastName: known.lastName ?? participant.lastName,
      roles: known.roles.includes(role) ? known.roles : [...known.roles, role],
    });
  };
  if (owner !== null) add(owner, "owner");
  if (sender !== null) add(sender, "sender");
  for (const recipient of recipients) add(recipient, "recipient");
  return [...found.values()];
}
