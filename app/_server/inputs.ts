/** How the fields of forms are read: they are all text. */
import { z } from "zod";

/** The version of what the page had read. */
export const version = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

/** A box that is not ticked is not sent. */
export const checkbox = z
  .literal("on")
  .optional()
  .transform((value) => value === "on");

export const optionalId = z
  .union([z.literal(""), z.uuid()])
  .transform((value) => (value === "" ? null : value));

/** What people type, however much they paste. */
export function typed(most: number) {
  const counted = most.toLocaleString("en-US");
  return z.string().max(most, `Enter at most ${counted} characters.`);
}

/** A field that only some forms have. */
export const absentId = z.uuid().nullable().default(null);

/** Boxes of one name, ticked as the person likes; null in a form without any. */
export const idList = z
  .string()
  .transform((text) => text.split(",").filter((id) => id !== ""))
  .pipe(z.array(z.uuid()).max(500))
  .nullable()
  .default(null);
