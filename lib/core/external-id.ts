/** How a participant is named outside Microsoft 365, made comparable: a phone number or another id. */
import {
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from "libphonenumber-js";

export type ExternalIdResult =
  | { readonly ok: true; readonly externalId: string; readonly warning?: string }
  | { readonly ok: false; readonly message: string };

/** Longer ones would not fit into an index of the database; no phone system knows any. */
export const maxExternalIdLength = 512;

/** Rules (1) to (5) of the mapping file's contract, in this order. */
export function readExternalId(text: string, defaultCountry: string | null): ExternalIdResult {
  if (isInternational(text)) return readInternational(text, defaultCountry);
  const trimmed = text.trim();
  if (trimmed === "") return { ok: false, message: "The external id is missing. Enter it." };
  if (trimmed.length > maxExternalIdLength) return { ok: false, message: tooLong };
  if (trimmed.includes("\uFFFD")) return { ok: false, message: unreadable };
  if (isScientific(trimmed)) return { ok: false, message: digitsLost };
  if (hasLetter.test(trimmed)) return readName(trimmed);
  return readNumber(trimmed, defaultCountry);
}

/** The same reading for a participant of an item. It never fails: what cannot be read is taken trimmed as it is. */
export function participantExternalId(value: string): string {
  const result = readExternalId(value, null);
  return result.ok ? result.externalId : value.trim();
}

/** True for an id that is a phone number in its readable form. */
export function isPhoneNumber(externalId: string): boolean {
  return /^[1-9]\d{6,14}$/.test(externalId);
}

/** True for a country whose national numbers can be read. */
export function isDefaultCountry(country: string): boolean {
  return isSupportedCountry(country);
}

const tooLong = `The external id is longer than ${maxExternalIdLength} characters. Check that the line's columns are in order.`;
const unreadable =
  "The external id holds characters that could not be read. Save the file as CSV UTF-8 and upload it again.";
const digitsLost =
  "The number is written in scientific notation (like 4.45E+11), so digits are lost. Format the column as text, enter the number again and save the file.";
const notANumber =
  "This is not a phone number, and an id that is no number needs a letter. Write country code and number, digits only.";
const addCountryCode =
  "Add the country code, or choose the country whose national numbers the file holds.";
const wrongLength = (digits: number) =>
  `A phone number has 7 to 15 digits with its country code, this one has ${digits}. Correct it.`;

const hasLetter = /\p{L}/u;

/** Rule (3), before everything else because nearly every line is one: 8 to 15 digits that do not begin with 0. */
function isInternational(text: string): boolean {
  if (text.length < 8 || text.length > 15 || text.charCodeAt(0) === 48) return false;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 48 || unit > 57) return false;
  }
  return true;
}

function readInternational(digits: string, defaultCountry: string | null): ExternalIdResult {
  const warning = doubtAboutCountryCode(digits, defaultCountry);
  return warning === null
    ? { ok: true, externalId: digits }
    : { ok: true, externalId: digits, warning };
}

/** A spreadsheet's notation: a mantissa with a decimal sign, a signed exponent, or one of two digits. `1234e567` is an id. */
function isScientific(text: string): boolean {
  const dense = text.replace(/\s/g, "");
  return /^[+-]?\d+(?:[.,]\d*e[+-]?\d+|e[+-]\d+|e\d{1,2})$/i.test(dense);
}

function readName(trimmed: string): ExternalIdResult {
  if (/^[=@]/.test(trimmed) && /[(!"|]/.test(trimmed)) {
    return {
      ok: true,
      externalId: trimmed,
      warning:
        "This looks like a spreadsheet formula. It is taken as it stands; enter its value if that was meant.",
    };
  }
  if (/^(?:tel:|whatsapp:)?\s*(?:\+|00)[\d\s().\-/]{7,}/i.test(trimmed)) {
    return {
      ok: true,
      externalId: trimmed,
      warning:
        "This looks like a phone number with letters. It is taken as it stands; remove the letters if the number was meant.",
    };
  }
  return { ok: true, externalId: trimmed };
}

function readNumber(trimmed: string, defaultCountry: string | null): ExternalIdResult {
  const dense = withoutTrunkZero(
    asciiDigits(trimmed)
      .replace(invisible, "")
      .replace(/[\s\-./]/g, ""),
  );
  const bare = dense.replace(/[()]/g, "");
  const prefixed = /^(?:\+|00)(\d*)$/.exec(bare);
  if (prefixed !== null) return readPrefixed(prefixed[1] ?? "");
  if (!/^\d+$/.test(bare)) return { ok: false, message: notANumber };
  if (isInternational(bare)) return readInternational(bare, defaultCountry);
  if (bare.length > 15) return { ok: false, message: wrongLength(bare.length) };
  return readNational(bare, defaultCountry);
}

function readPrefixed(digits: string): ExternalIdResult {
  if (digits.length < 7 || digits.length > 15) {
    return { ok: false, message: wrongLength(digits.length) };
  }
  if (digits.startsWith("0")) {
    return { ok: false, message: "No country code begins with 0. Correct the number." };
  }
  return { ok: true, externalId: digits };
}

function readNational(digits: string, defaultCountry: string | null): ExternalIdResult {
  if (defaultCountry === null || !isSupportedCountry(defaultCountry)) {
    return { ok: false, message: addCountryCode };
  }
  const number = parsePhoneNumberFromString(digits, { defaultCountry, extract: false });
  if (number === undefined) return { ok: false, message: `${notANumber} ${addCountryCode}` };
  const externalId = `${number.countryCallingCode}${number.nationalNumber}`;
  if (!isPhoneNumber(externalId)) return { ok: false, message: wrongLength(externalId.length) };
  if (number.isValid()) return { ok: true, externalId };
  return {
    ok: true,
    externalId,
    warning: `Read as ${externalId}, which does not look like a number in use in ${defaultCountry}. Check it.`,
  };
}

/**
 * Ten digits without the country code look just like a number that has one (6175550123 is Boston to
 * an American and Australia to TeleMessage). The contract reads the latter, so the former is told.
 */
function doubtAboutCountryCode(digits: string, defaultCountry: string | null): string | null {
  if (defaultCountry === null || digits.length > 10 || !isSupportedCountry(defaultCountry))
    return null;
  const callingCode = getCountryCallingCode(defaultCountry);
  if (digits.startsWith(callingCode)) return null;
  const national = parsePhoneNumberFromString(digits, { defaultCountry, extract: false });
  if (national === undefined || !national.isValid() || national.country !== defaultCountry)
    return null;
  return `Read as a number that begins with its country code. If it is a number of ${defaultCountry}, write ${callingCode}${digits}.`;
}

/** `+44 (0)20…` holds a zero that is dialled at home only; it is dropped where a country code stands before it. */
function withoutTrunkZero(dense: string): string {
  const at = dense.indexOf("(0)");
  if (at < 1) return dense;
  const before = dense
    .slice(0, at)
    .replace(/[()]/g, "")
    .replace(/^(?:\+|00)/, "");
  return /^[1-9]\d{0,2}$/.test(before) ? dense.slice(0, at) + dense.slice(at + 3) : dense;
}

/** Marks of direction and joiners that come along when a number is copied from a phone book. */
const invisible = /\p{Cf}/gu;

/** Full-width signs and Arabic digits, as spreadsheets of those languages write them; every dash becomes the plain one. */
function asciiDigits(text: string): string {
  return text
    .replace(/[\uFF01-\uFF5E]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .replace(/[\u0660-\u0669\u06F0-\u06F9]/g, (digit) => String(digit.charCodeAt(0) & 0xf))
    .replace(/\p{Pd}/gu, "-");
}
