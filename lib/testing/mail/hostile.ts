/** Strings made to break a message or to deceive whoever reads it, and a record with one in every place. */
import type { Sample } from "./kinds";

const units = (from: number, to: number) =>
  String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, index) => from + index));

export const hostileStrings: Readonly<Record<string, string>> = {
  nothing: "",
  "a space": " ",
  "control characters": `a${units(0, 31)}b${units(127, 159)}c`,
  "lone surrogates": "a\ud800b\udfffc\udc00\ud800",
  "bidirectional overrides": "photo\u202egnp.exe \u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069",
  "a header behind CRLF": "x\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script>",
  "a header behind LF": "x\nBcc: eve@evil.example\n\n",
  "a header behind CR": "x\rBcc: eve@evil.example\r\r",
  "a folded header": "x\r\n \r\n\tBcc: eve@evil.example",
  "the end of a mail": "x\r\n.\r\nMAIL FROM:<eve@evil.example>\r\nFrom eve\r\n",
  "encoded words": "=?utf-8?B?ZXZpbA==?= =?utf-8?q?=0D=0ABcc=3A_e=40x?= =?x?=",
  "the beginning of an encoded word": "=?utf-8?Q?",
  "the end of an encoded word": "?= a =?=",
  "percent signs": "UTF-8''%0D%0ABcc%3A%20e; filename*0*=UTF-8''x",
  "quotes and brackets": `"Ann \\"B\\" <a@b.example>, (c) [d]; e:f@g" \\`,
  "a list of addresses": "Ann <ann@x.example>, Bob <bob@x.example>; eve@x.example",
  "a group of addresses": "friends: a@x.example, b@x.example;",
  "an empty quoted name": `""`,
  "a comment": "(Ann (or \\( so",
  "10,000 letters": "a".repeat(10_000),
  "10,000 letters with marks": "ü".repeat(10_000),
  "10,000 emoji": "😀".repeat(10_000),
  "10,000 words": "Ärger und ".repeat(1_000),
  "emoji sequences": "👩‍👩‍👧‍👦🏳️‍🌈👍🏽👩🏿‍🚀🇦🇹🇺🇦1️⃣🏴󠁧󠁢󠁷󠁬󠁳󠁿❤️‍🔥",
  "a name in one long word": "Donaudampfschifffahrtsgesellschaftskapitän".repeat(4),
  "a name in Cyrillic": "Александр Константинопольский-Задунайский",
  "a name in Arabic": "محمد بن عبد الله آل سعود الكبير والطويل جدا",
  "a name in Hebrew with marks": "שָׁלוֹם עֲלֵיכֶם \u200f(עברית)\u200e abc",
  "a name in Chinese": "王小明（市场部）、李雷",
  "a name in Thai": "สมชาย ใจดี",
  "combining characters": `Z${"\u0310\u0348\u0323".repeat(40)}a\u0308 e\u0301`,
  "a mark without a letter": "\u0301\u200d\ufe0f",
  "line and paragraph separators": "a\u2028b\u2029c\u0085d\u000be\u000cf",
  "odd spaces": "\u00a0a\u2003b\u3000c\ufeffd\u200be\u202f",
  noncharacters: "a\ufffe\uffff\u{1fffe}\u{10ffff}\ufdd0",
  boundaries: "--=_mixed\r\n--=_\r\n--\r\n------\r\nContent-Type: text/html\r\n\r\n",
  HTML: `<a href="javascript:x" onclick='y'>&amp;</a><!-- --></td></table>`,
  "a path": "../../C:\\Windows\\..\\etc/passwd",
};

/** The string wherever a record may hold one. */
export function hostileRecord(text: string): Sample {
  const person = (type: string) => ({
    ...{ type, value: text || "-", email: text, firstName: text, lastName: text },
  });
  const contentType = `image/jpeg; name="${text}"`;
  return {
    name: "hostile",
    body: {
      messageType: "CHAT",
      networkMessageId: text,
      text,
      subject: text,
      sender: person("LOGIN"),
      recipients: [person("MOBILE"), person("WHATSAPP_ID"), { ...person("LOGIN"), value: "-" }],
      conversation: { id: text, type: "GROUP", name: text },
      replyTo: { networkMessageId: text, excerpt: text },
      location: { latitude: 1, longitude: 2, name: text, address: text },
      poll: { question: text, options: [text, text] },
      contact: { vcard: `BEGIN:VCARD\nFN:${text}` },
      attachments: [
        { id: "a", name: text, contentType },
        { id: "b", name: `${text}.exe`, contentType: text },
      ],
    },
    outer: { id: `id ${text}` },
    files: [Buffer.from(text), Buffer.from("MZ")],
  };
}
