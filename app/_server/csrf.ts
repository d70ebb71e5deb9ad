/**
 * next-auth asks for a token with every sign-in, and gives it out to scripts only. The proxy sets its
 * cookie with the sign-in page, so that the page is a plain form that works before any script runs.
 */
import { createHash, randomBytes } from "node:crypto";
import { config } from "@/lib/config";

export function newCsrfCookie(): string {
  const token = randomBytes(32).toString("hex");
  return `${token}|${hash(token)}`;
}

/** The token of a cookie that is ours; null for any other. */
export function csrfTokenOf(cookie: string | undefined): string | null {
  const [token = "", given] = (cookie ?? "").split("|");
  return token !== "" && given === hash(token) ? token : null;
}

function hash(token: string): string {
  return createHash("sha256").update(`${token}${config().sessionSecret}`).digest("hex");
}
