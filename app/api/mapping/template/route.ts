import { csvDownload } from "@/app/_server/route";
import { csvLine } from "@/lib/core/csv-export";

/** Microsoft's own header for native connectors, and a line of each kind of external id. */
const lines = [
  ["ExternalUserId", "O365UserMailbox"],
  ["445204334324", "susan@contoso.com"],
  ["16175550123", "alex@contoso.com"],
  ["US.13491208655302741918", "jeff@contoso.com"],
];

/** Nothing in it belongs to anybody, so it asks for no session. */
export function GET(): Response {
  return csvDownload("mapping-template.csv", template());
}

async function* template(): AsyncIterable<string> {
  for (const line of lines) yield csvLine(line);
}
