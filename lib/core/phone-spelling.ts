/**
 * A phone number as people type it into a search: with a plus, and apart from its country code, so
 * that the national part alone finds it. The table is our own: these lines are part of the evidence,
 * and a library's next version would spell old messages anew.
 */

const international = /^[1-9]\d{6,14}$/;

// ITU-T E.164: one digit for North America and for Russia with Kazakhstan, these two, else three.
const twoDigitCodes = new Set(
  (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 " +
    "65 66 81 82 84 86 90 91 92 93 94 95 98"
  ).split(" "),
);

/** `+445204334324, +44 5204334324`; empty for what is no number with its country code. */
export function phoneSpellings(digits: string): string {
  if (!international.test(digits)) return "";
  const code = countryCode(digits);
  const national = digits.slice(code.length);
  const spelled = `+${digits}, +${code} ${national}`;
  return code === "1" && national.length === 10
    ? `${spelled}, +1 ${national.slice(0, 3)} ${national.slice(3, 6)} ${national.slice(6)}`
    : spelled;
}

function countryCode(digits: string): string {
  if (digits.startsWith("1") || digits.startsWith("7")) return digits.slice(0, 1);
  const two = digits.slice(0, 2);
  return twoDigitCodes.has(two) ? two : digits.slice(0, 3);
}
