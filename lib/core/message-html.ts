/**
 * The body as HTML. Outlook on the desktop renders with Word, which lays out nothing but tables and
 * forgets style sheets; phones are narrow. So: tables, inline styles, nothing wide, nothing remote. No
 * text has a colour: it is the reader's own, in light and in dark mode, and dark mode has nothing to
 * guess. The one grey of the rules is visible on both.
 */
import { type BodyContent, quoteLabel } from "./message-body";
import type { Fact } from "./message-fact";
import { escapeHtml, htmlLines } from "./text";

const font = "font-family:'Segoe UI',Helvetica,Arial,sans-serif";
const head =
  '<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">' +
  '<meta name="color-scheme" content="light dark"></head>' +
  `<body style="${font};font-size:15px;line-height:1.45">`;
const textStyle =
  "white-space:pre-wrap;unicode-bidi:plaintext;word-break:break-word;margin:0 0 16px 0";
const noteStyle = "font-size:13px;font-style:italic;margin:0 0 16px 0";
const boxStyle = `${font};font-size:15px;line-height:1.45;word-break:break-word`;
// Word knows no margin of a table, and one side's border only of a cell.
const box = `<table cellpadding="0" cellspacing="0" border="0" style="${boxStyle}"><tr>`;
const markCell = '<td style="border:2px solid #8a8a8a;padding:6px 12px;font-weight:bold">';
const quoteCell = '<td dir="auto" style="border-left:4px solid #8a8a8a;padding:2px 0 2px 12px">';
const boxEnd = '</td></tr></table><div style="font-size:8px;line-height:2">&nbsp;</div>';
const tableStart =
  '<table cellpadding="2" cellspacing="0" border="0" style="' +
  `${font};font-size:13px;line-height:1.4;word-break:break-word;border-top:1px solid #8a8a8a">`;
const heading = '<th scope="row" align="left" style="white-space:nowrap;padding:2px 16px 2px 0">';
const rowStart = `<tr valign="top">${heading}`;
const largeRowStart = `<tr valign="top" style="font-size:15px">${heading}`;

export function html({ marks, text, quote, notes, facts }: BodyContent): string {
  let page = head;
  if (marks.length > 0) page += `${box}${markCell}${marks.map(escapeHtml).join("<br>")}${boxEnd}`;
  if (text !== "") page += `<div dir="auto" style="${textStyle}">${htmlLines(text)}</div>`;
  if (quote !== "") page += `${box}${quoteCell}${quoted(quote)}${boxEnd}`;
  if (notes.length > 0) page += `<p style="${noteStyle}">${notes.map(escapeHtml).join("<br>")}</p>`;
  page += tableStart;
  for (const fact of facts) page += factRow(fact);
  return `${page}</table></body></html>`;
}

function quoted(quote: string): string {
  return `<b>${quoteLabel}</b><br>“${htmlLines(quote)}”`;
}

function factRow({ label, lines, link, words, size }: Fact): string {
  const values = lines.map(escapeHtml);
  if (link !== undefined) values.push(`<a href="${escapeHtml(link)}">${escapeHtml(link)}</a>`);
  const start = size === "large" ? largeRowStart : rowStart;
  const cell = words === "own" ? '<td dir="auto">' : "<td>";
  return `${start}${label}</th>${cell}${values.join("<br>")}</td></tr>`;
}
