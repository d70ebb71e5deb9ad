/** Our own header lines of a message: which, and what they may say (message-format, "Headers"). */
import type { SourceItem } from "./item";
import { sha256Hex } from "./keys";

export type MessageHeader = { readonly name: string; readonly value: string };

type Origin = { readonly connectorId: string; readonly recordSha256: string };

const longestHeader = 995;
const plainAscii = /^(?! )[ -~]*$(?<! )/;

/** Five are all that Graph allows; a value it would refuse is replaced by its hash (message-format, "Headers"). */
export function headersOf(
  item: SourceItem,
  { connectorId, recordSha256 }: Origin,
): MessageHeader[] {
  const headers = [
    { name: "X-WhatsApp-Item-Id", value: headerValue(item.sourceItemId) },
    { name: "X-WhatsApp-Conversation", value: headerValue(item.conversation?.id ?? "") },
    { name: "X-Archive-Connector", value: headerValue(connectorId) },
    { name: "X-Archive-Source", value: item.sourceType ?? "" },
    { name: "X-Archive-SHA256", value: recordSha256 },
  ];
  return headers.filter(({ value }) => value !== "");
}

/**
 * A control character is ASCII, but a line break in a header would be a header of its own. What readers
 * would change, spaces at the ends and what looks like encoded words, is not to be told wrong.
 */
function headerValue(value: string): string {
  return value.length <= longestHeader && plainAscii.test(value) && !value.includes("=?")
    ? value
    : `sha256:${sha256Hex(value)}`;
}
