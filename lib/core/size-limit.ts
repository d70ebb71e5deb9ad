/** The limit of a connector's items, as it is stored and as it is typed (message format contract, "Size"). */

const mebibyte = 1024 * 1024;
/** What Exchange takes as one attachment, and as one message where the tenant allows it. */
const mostMebibytes = 150;
export const highestSizeLimitBytes = mostMebibytes * mebibyte;

/** Whole mebibytes, 1 to 150; null for anything else. */
export function readSizeLimit(text: string): number | null {
  if (!/^\d{1,3}$/.test(text.trim())) return null;
  const mebibytes = Number(text);
  return mebibytes >= 1 && mebibytes <= mostMebibytes ? mebibytes * mebibyte : null;
}

export function sizeLimitText(sizeLimitBytes: number): string {
  return String(Math.max(1, Math.floor(sizeLimitBytes / mebibyte)));
}
