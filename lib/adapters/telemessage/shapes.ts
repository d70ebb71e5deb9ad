/** What the archive API answers, parsed once where it enters. Records stay unjudged here. */
import { z } from "zod";
import type { SourceUser } from "@/lib/ports/source";

/** A token goes into a header: anything but visible ASCII would break the request that carries it. */
export const sessionShape = z.object({
  token: z.string().regex(/^[\x21-\x7e]+$/),
  expiresInSeconds: z.number().nonnegative().nullable().catch(null),
  account: z.object({ id: z.string().min(1), name: z.string() }),
});

/** A cursor left out is not the end of the window; only null says so. */
export const pageShape = z.object({
  items: z.array(z.unknown()),
  nextCursor: z.string().nullable(),
});

export const manifestShape = z.object({
  count: z.int().nonnegative(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i)
    .transform((hex) => hex.toLowerCase()),
});

const text = z.string().nullable().catch(null);

/** The users serve a preview and the search for the silent: one odd field must not hide the rest. */
const userShape = z.object({
  id: z.string().min(1),
  mobile: text,
  email: text,
  firstName: text,
  lastName: text,
  status: z.string().catch("UNKNOWN"),
  lastActivityAt: z.iso
    .datetime({ offset: true })
    .transform((at) => new Date(at))
    .nullable()
    .catch(null),
}) satisfies z.ZodType<SourceUser>;

export const usersShape = z.object({
  users: z
    .array(z.unknown())
    .transform((users) => users.flatMap((user) => userShape.safeParse(user).data ?? [])),
  nextCursor: z.string().nullable(),
});

/** The word of an error body, kept only if it is a word: it goes into the log. */
export const errorShape = z.object({
  error: z.string().regex(/^[a-z_]{1,64}$/),
  oldestAvailable: z.iso.datetime({ offset: true }).optional().catch(undefined),
});
