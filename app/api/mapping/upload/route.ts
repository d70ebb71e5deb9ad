import type { NextRequest } from "next/server";
import { z } from "zod";
import { sessionEnded, somethingWentWrong } from "@/app/_server/action";
import { denied } from "@/app/_server/denied";
import { isSameOrigin, securityHeaders } from "@/app/_server/headers";
import { currentActor } from "@/app/_server/session";
import { mayDo } from "@/lib/core/access";
import type { MappingFileView } from "@/lib/core/mapping-view";
import type { ActionResult } from "@/lib/core/view";
import { portal } from "@/lib/wiring";

const limitBytes = 100 * 1024 * 1024;

/** What stands beside the bytes: the address names the file, the headers prove it arrived whole. */
const envelope = z.object({
  fileName: z.string().trim().min(1).max(255),
  sizeBytes: z.coerce.number().int().min(0).max(limitBytes),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  defaultCountry: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .nullable(),
  connectorId: z.uuid().nullable(),
});

/** Outside the proxy, because behind it Next hands on the first 10 MB of a body and says nothing. */
export async function POST(request: NextRequest): Promise<Response> {
  const result = await attempt(request);
  return Response.json(result.answer, { status: result.status, headers: securityHeaders() });
}

type Attempt = { readonly status: number; readonly answer: ActionResult<MappingFileView> };

async function attempt(request: NextRequest): Promise<Attempt> {
  try {
    const actor = await currentActor();
    if (!actor) return refused(401, sessionEnded);
    if (!isSameOrigin(request.headers)) return refused(403, "This file came from another page.");
    if (!mayDo(actor, "manageConnectors"))
      return refused(403, await denied(actor, "manageConnectors"));
    const input = envelopeOf(request);
    if (!input.success) return refused(400, sentenceOf(input.error));
    if (!request.body || input.data.sizeBytes === 0) return refused(400, "The file is empty.");
    const answer = await portal().mappings.upload(
      actor,
      input.data,
      exactly(request.body, input.data.sizeBytes),
      request.signal,
    );
    return { status: answer.ok ? 200 : 422, answer };
  } catch (error) {
    return refused(500, somethingWentWrong(error, "upload.failed"));
  }
}

function envelopeOf({ headers, nextUrl }: NextRequest) {
  const query = nextUrl.searchParams;
  return envelope.safeParse({
    fileName: query.get("name"),
    sizeBytes: headers.get("content-length"),
    sha256: headers.get("x-content-sha256"),
    defaultCountry: query.get("country"),
    connectorId: query.get("connector"),
  });
}

function sentenceOf(error: z.ZodError): string {
  const isTooLarge = error.issues.some(
    (issue) => issue.path[0] === "sizeBytes" && issue.code === "too_big",
  );
  if (isTooLarge) return "The file is larger than 100 MB. Split it, or leave out columns.";
  return "The upload is incomplete: its name, length or checksum is missing. Choose the file again.";
}

/** Never more than was announced, whatever keeps coming. */
async function* exactly(
  body: ReadableStream<Uint8Array>,
  sizeBytes: number,
): AsyncIterable<Uint8Array> {
  let received = 0;
  for await (const chunk of body) {
    received += chunk.byteLength;
    if (received > sizeBytes) throw new RangeError("More bytes than were announced");
    yield chunk;
  }
}

function refused(status: number, message: string): Attempt {
  return { status, answer: { ok: false, message } };
}
