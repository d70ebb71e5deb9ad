/** What is said about lines that contradict each other, and about a file as a whole. */
import type { Registration } from "./mapping-duplicates";
import type { MappingProblem } from "./mapping-entry";
import { problemOf } from "./mapping-line";
import type { FileLine } from "./mapping-records";

export const emptyFile = "The file is empty. Fill in the template and upload it again.";
export const headerOnly =
  "The file has a header and no lines. Add one line per person and upload it again.";

export function contradiction(registration: Exclude<Registration, { kind: "new" }>): string {
  if (registration.kind === "repeated") {
    return `The same line as line ${registration.ofLine}. It counts once; delete one of them.`;
  }
  if (registration.kind === "tooMany") {
    return `This external id stands on too many lines, first on line ${registration.firstLine}. Keep the ones that are still needed.`;
  }
  const { withLine, isOtherMailbox, hasValidity } = registration;
  if (!isOtherMailbox) {
    return `The validity overlaps that of line ${withLine}, which has the same external id. Change ValidFrom or ValidTo, or keep one of the lines.`;
  }
  return hasValidity
    ? `The validity overlaps that of line ${withLine}, which has the same external id with a different mailbox. Let one end before the other begins.`
    : `Line ${withLine} has the same external id with a different mailbox. Keep one of the two lines, or give them ValidFrom and ValidTo.`;
}

export function faultOf({
  line,
  fault,
  text,
}: Extract<FileLine, { fault: string }>): MappingProblem {
  const messages = {
    quotes:
      "The quotation marks of this line do not match. Close every mark, and write a mark inside a cell twice.",
    length: "This line is longer than 256 KB. Check that the file has line ends.",
  } as const;
  return problemOf(line, "", "error", text, messages[fault]);
}
