import { normalizePropertyId } from "./property-ids";
import type { StoredMessage } from "./stored-message";

/** The named property that carries a delivery's idempotency key; what duplicates are counted by. */
const idempotencyKey = normalizePropertyId(
  "String {5f2b1c52-8d0e-4a57-9a3b-6d6f0c0e7a11} Name IdempotencyKey",
);

/** Finds messages without reading them all: a mailbox may hold tens of thousands. */
export class MessageIndex {
  #byInternetMessageId = new Map<string, StoredMessage[]>();
  #byProperty = new Map<string, StoredMessage[]>();
  #duplicates = { byKey: 0, byInternetMessageId: 0 };

  get duplicates(): { readonly byKey: number; readonly byInternetMessageId: number } {
    return this.#duplicates;
  }

  add(message: StoredMessage): void {
    const others = insert(this.#byInternetMessageId, message.internetMessageId, message);
    if (others > 0) this.#duplicates.byInternetMessageId += 1;
    for (const { key, isIdempotencyKey } of indexedProperties(message)) {
      const before = insert(this.#byProperty, key, message);
      if (isIdempotencyKey && before > 0) this.#duplicates.byKey += 1;
    }
  }

  remove(message: StoredMessage): void {
    const others = extract(this.#byInternetMessageId, message.internetMessageId, message);
    if (others > 0) this.#duplicates.byInternetMessageId -= 1;
    for (const { key, isIdempotencyKey } of indexedProperties(message)) {
      const left = extract(this.#byProperty, key, message);
      if (isIdempotencyKey && left > 0) this.#duplicates.byKey -= 1;
    }
  }

  byInternetMessageId(id: string): readonly StoredMessage[] {
    return this.#byInternetMessageId.get(id) ?? [];
  }

  /** Values are compared without regard to case, as Exchange does. */
  byExtendedProperty(id: string, value: string): readonly StoredMessage[] {
    return this.#byProperty.get(propertyKey(normalizePropertyId(id), value)) ?? [];
  }
}

function* indexedProperties(message: StoredMessage) {
  for (const { id, value } of message.extendedProperties) {
    const normalized = normalizePropertyId(id);
    yield { key: propertyKey(normalized, value), isIdempotencyKey: normalized === idempotencyKey };
  }
}

function propertyKey(normalizedId: string, value: string): string {
  return `${normalizedId}\n${value.toLowerCase()}`;
}

/** How many were there before. */
function insert(map: Map<string, StoredMessage[]>, key: string, message: StoredMessage): number {
  const messages = map.get(key);
  if (messages === undefined) {
    map.set(key, [message]);
    return 0;
  }
  messages.push(message);
  return messages.length - 1;
}

/** How many are left. */
function extract(map: Map<string, StoredMessage[]>, key: string, message: StoredMessage): number {
  const messages = map.get(key) ?? [];
  const left = messages.filter((other) => other !== message);
  if (left.length === 0) map.delete(key);
  else map.set(key, left);
  return left.length;
}
