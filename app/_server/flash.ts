/** One sentence for the next page, in a signed cookie: a reason in the address could be made up by anybody. */
import "server-only";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { cookies } from "next/headers";
import { z } from "zod";
import { config } from "@/lib/config";
import { cookieNames, cookieOptions } from "./cookies";

const flashSchema = z.object({ ok: z.boolean(), message: z.string().max(1000) });
export type Flash = z.infer<typeof flashSchema>;
const keptSchema = flashSchema.extend({ id: z.string() });

/** The proxy takes the cookie away with the first page that shows it; this is for pages that never come. */
const lifetimeSeconds = 60;

export function flashCookie(flash: Flash) {
  const body = Buffer.from(
    JSON.stringify({ ...flash, id: randomBytes(9).toString("base64url") }),
  ).toString("base64url");
  return {
    name: cookieNames.flash(),
    value: `${body}.${signature(body)}`,
    options: { ...cookieOptions(), maxAge: lifetimeSeconds },
  };
}

export async function leaveFlash(flash: Flash): Promise<void> {
  const { name, value, options } = flashCookie(flash);
  (await cookies()).set(name, value, options);
}

export async function readFlash(): Promise<z.infer<typeof keptSchema> | null> {
  const [body = "", given = ""] = ((await cookies()).get(cookieNames.flash())?.value ?? "").split(
    ".",
  );
  if (!isEqual(given, signature(body))) return null;
  return keptSchema.safeParse(JSON.parse(Buffer.from(body, "base64url").toString())).data ?? null;
}

function signature(body: string): string {
  return createHmac("sha256", config().sessionSecret).update(`flash:${body}`).digest("base64url");
}

function isEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
