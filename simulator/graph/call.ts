import { header, type Request } from "../http/reply";
import type { Simulation } from "../simulation";
import type { Caller } from "./access";
import { refuse } from "./errors";

/** One request to Graph with everything that is needed to answer it. */
export class GraphCall {
  #text: string | undefined;

  constructor(
    readonly simulation: Simulation,
    readonly request: Request,
    readonly params: Readonly<Record<string, string>>,
    readonly caller: Caller,
    /** `http://host:port`, the way the client sees us: links must lead back to where it came from. */
    readonly base: string,
  ) {}

  /** Whether ids in the answer are to be those that survive a move. */
  get wantsImmutableIds(): boolean {
    const prefer = header(this.request.headers, "prefer") ?? "";
    return /\bIdType\s*=\s*"?ImmutableId"?/i.test(prefer);
  }

  get contentType(): string {
    const value = header(this.request.headers, "content-type") ?? "";
    return (value.split(";", 1)[0] ?? "").trim().toLowerCase();
  }

  get text(): string {
    return (this.#text ??= this.request.body.toString("utf8"));
  }

  /** The body as a JSON object; anything else is refused. */
  readJson(): Record<string, unknown> {
    if (this.contentType !== "application/json") {
      throw refuse.badRequest("A Content-Type of application/json is required.");
    }
    let value: unknown;
    try {
      value = JSON.parse(this.text);
    } catch {
      throw refuse.badRequest(
        "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
      );
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw refuse.badRequest("Empty Payload. JSON content expected.");
    }
    return value as Record<string, unknown>;
  }
}
