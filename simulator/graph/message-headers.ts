import { GraphError } from "./errors";

const maxHeaders = 5;
const maxValueLength = 995;

/** Own headers only, few of them, each once, in plain ASCII. */
export function checkHeaders(value: unknown): void {
  if (!Array.isArray(value)) return;
  if (value.length > maxHeaders) {
    throw new GraphError(
      400,
      "InvalidInternetMessageHeaderCollection",
      `Maximum number of headers in one message should be less than or equal to ${maxHeaders}.`,
    );
  }
  const seen = new Set<string>();
  for (const entry of value) {
    const { name, value: text } = (entry ?? {}) as { name?: unknown; value?: unknown };
    if (typeof name !== "string" || !/^x-/i.test(name)) {
      throw invalid(
        `The internet message header name '${String(name)}' should start with 'x-' or 'X-'.`,
      );
    }
    if (!/^[\x21-\x39\x3b-\x7e]+$/.test(name)) {
      throw invalid(`The internet message header name '${name}' is not valid.`);
    }
    if (seen.has(name.toLowerCase())) {
      throw invalid(`The internet message header '${name}' is there twice.`);
    }
    seen.add(name.toLowerCase());
    if (typeof text !== "string" || !/^[\x20-\x7e\t]*$/.test(text)) {
      throw invalid(`The value of the internet message header '${name}' is not valid.`);
    }
    if (text.length > maxValueLength) {
      throw invalid(
        `The value of the internet message header '${name}' is longer than ${maxValueLength} characters.`,
      );
    }
  }
}

function invalid(message: string): GraphError {
  return new GraphError(400, "InvalidInternetMessageHeader", message);
}
