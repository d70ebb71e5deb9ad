/** What one setting may look like; every message goes on from the name of the setting. */
import { z } from "zod";

const missing = (setting: { input?: unknown }) =>
  setting.input === undefined ? "is missing" : "is not valid";
export const text = z.string({ error: missing });
export const guid = z.guid({
  error: (issue) => (issue.input === undefined ? "is missing" : "is not a GUID"),
});

export const serviceUrl = text.transform((value, context) => {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    context.addIssue("is not an http(s) address");
  } else if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    context.addIssue("must be an address alone, without user, query or fragment");
  }
  return value.replace(/\/+$/, "");
});
export const httpsUrl = serviceUrl.refine(
  (value) => value.startsWith("https://"),
  "must begin with https://",
);
export const realServiceUrl = httpsUrl.refine(
  (value) => !isLoopback(value),
  "points at this machine, where only the simulator answers",
);
/** Whole, with its query: services that take alarms put the key of a channel there. */
export const webhookUrl = text.refine((value) => {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  if (url.username !== "" || url.password !== "" || url.hash !== "") return false;
  if (url.protocol === "https:") return true;
  // The names our HTTP client takes for this machine.
  return url.protocol === "http:" && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}, "is not an https address (http is for localhost alone), without user and fragment");

export const portalUrl = serviceUrl
  .refine(
    (value) => value.startsWith("https://") || isLoopback(value),
    "must begin with https://, or browsers would send sessions in the clear",
  )
  .refine(
    (value) => !URL.canParse(value) || new URL(value).pathname === "/",
    "must be an address without a path: the portal lives at the root of its host",
  );

export const databaseUrl = text.refine(
  (value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol),
  "is not a postgresql:// address",
);
export const redisUrl = text.refine(
  (value) => URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol),
  "is not a redis:// or rediss:// address",
);

export const strongSecret = text
  .min(32, "is too short: 32 characters at least")
  .refine((value) => !isWeakSecret(value), "is a known or repetitive value; make a random one");

export const encryptionKeys = text.transform((value, context) => {
  const keys = value.split(",").map((entry) => {
    const colon = entry.indexOf(":");
    return { id: entry.slice(0, colon).trim(), encoded: entry.slice(colon + 1).trim() };
  });
  for (const { id, encoded } of keys) {
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(id)) {
      context.addIssue("must be id:base64,… with ids of letters, digits, - and _");
    } else if (!/^[A-Za-z0-9+/]{43}=$/.test(encoded)) {
      context.addIssue(`has a key (${id}) that is not the base64 of 32 bytes`);
    } else if (new Set(Buffer.from(encoded, "base64")).size < 8) {
      context.addIssue(`has a key (${id}) that is not random`);
    }
  }
  if (new Set(keys.map(({ id }) => id)).size < keys.length) {
    context.addIssue("uses one id for two keys");
  }
  return keys.map(({ id, encoded }) => ({ id, key: Buffer.from(encoded, "base64") }));
});

export const count = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, error)
    .transform(Number)
    .pipe(z.number().min(least, error).max(most, error));
};

function isLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const host = new URL(address).hostname.replace(/\.$/, "");
  return (
    /^(.+\.)?localhost$/.test(host) ||
    /^127\.|^0\.0\.0\.0$/.test(host) ||
    /^\[(::1?|::ffff:(7f[0-9a-f]{2}:|0:0\]).*|::ffff:0:0)\]?$/.test(host)
  );
}

function isWeakSecret(value: string): boolean {
  return (
    new Set(value).size < 10 || /change.?me|your.?secret|example|placeholder|password/i.test(value)
  );
}
