/** One line of an exported CSV, safe to open in a spreadsheet. */

/** RFC 4180, ended by CRLF. Numbers are written as they are: no spreadsheet runs a number. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

/**
 * What a spreadsheet would run as a formula begins with one of these; the last four are the
 * full-width forms, which Excel reads alike, and the line feed some readers drop before they look.
 */
const runsAsFormula = /^[=+\-@\t\r\n＝＋－＠]/;
const needsQuotes = /[",;\t\r\n]|^\s|\s$/;

function csvCell(cell: string | number | null): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const harmless = runsAsFormula.test(cell) ? `'${cell}` : cell;
  return needsQuotes.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
