/** A conversation as Exchange knows one: the header block of PidTagConversationIndex (MS-OXOMSG 2.2.1.3). */

const reserved = 0x01;
/**
 * The five high bytes of a FILETIME, here of 2009-01-01: no conversation of WhatsApp is older. It is the
 * same for every message, because none of them knows when its conversation began.
 */
const begun = [0x01, 0xc9, 0x6b, 0xa3, 0xe3] as const;
const guidHexDigits = 32;

/**
 * 22 bytes as base64; the key's first half stands where the conversation's GUID does. No block follows
 * for the place in the thread: it would have to be counted from messages that may never be archived.
 */
export function conversationIndex(conversationKey: string): string {
  const guid = Buffer.from(conversationKey.slice(0, guidHexDigits), "hex");
  return Buffer.concat([Buffer.from([reserved, ...begun]), guid]).toString("base64");
}
