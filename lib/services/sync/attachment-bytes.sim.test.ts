/** Files from the archive to the mailbox: every byte, the original name as far as it is safe, the declared type. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld } from "@/lib/testing/sync-world";

// Megabytes go through every part, on machines that may be busy with all the other tests.
vi.setConfig({ testTimeout: 60_000 });

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

type File = { readonly bytes: Buffer; readonly declared?: Readonly<Record<string, unknown>> };
type Written = {
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
};
type Mail = { readonly body: { readonly content: string }; readonly attachments: Written[] };

const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const pattern = Buffer.from(Array.from({ length: 65_521 }, (_, index) => (index * 7) % 253));
const someBytes = (count: number, first = 0) => {
  const bytes = Buffer.alloc(count, pattern);
  return count === 0 ? bytes : Buffer.concat([Buffer.from([first]), bytes.subarray(1)]);
};

async function begin(files: readonly File[]): Promise<void> {
  const attachments = files.map(({ declared }, index) => ({
    ...{ id: `a${index}`, name: `${index}.bin`, contentType: "application/zip" },
    ...declared,
  }));
  const record = chat({
    ...{ id: "with", receivedAt: hoursAgo(2) },
    body: { messageType: "FILE", attachments },
  });
  const stored = files.map(({ bytes }, index) => {
    return [`a${index}`, { base64: bytes.toString("base64") }] as const;
  });
  await open.reset(world([alice, bob], [record], Object.fromEntries(stored)));
  await open.finish();
}

async function written(): Promise<Mail> {
  await open.drain();
  const path = `/mailboxes/${alice.upn}/messages?folder=${encodeURIComponent("WhatsApp Archiver")}`;
  const { messages } = (await open.control("GET", path)) as { messages: Mail[] };
  const [mail] = messages;
  if (mail === undefined) throw new Error("There is no message");
  return mail;
}

const fault = (effect: object, times: number) =>
  open.control("POST", "/faults", {
    ...{ service: "telemessage", path: "/v1/archive/attachments/" },
    ...{ times, effect },
  });

type Row = { readonly method: string; readonly route: string; readonly count: number };

async function fetches(): Promise<number> {
  const { requests } = (await open.control("GET", "/stats")) as { requests: readonly Row[] };
  return requests
    .filter(({ route }) => route.startsWith("/v1/archive/attachments/"))
    .reduce((sum, { count }) => sum + count, 0);
}

test("every byte comes through, whether a file is empty, small, or goes up in pieces", async () => {
  const files = [0, 1, 57, 250_000, 3_100_000].map((count) => ({ bytes: someBytes(count) }));
  await begin(files);
  const { attachments } = await written();
  const staged = await open.sql.query<{ sha256: string; sizeBytes: string }>(
    `SELECT "sha256", "sizeBytes"::text AS "sizeBytes" FROM "StagedAttachment" ORDER BY "position"`,
  );
  const sent = files.map(({ bytes }) => hash(bytes));

  expect(staged.map(({ sha256 }) => sha256)).toEqual(sent);
  expect(staged.map(({ sizeBytes }) => Number(sizeBytes))).toEqual([0, 1, 57, 250_000, 3_100_000]);
  expect(attachments.map(({ sha256 }) => sha256).sort()).toEqual([...sent].sort());
});

test("names come through in any script, and without what is dangerous in them", async () => {
  const names: readonly (readonly [string, string])[] = [
    ["Größe – Übersicht 😀👩‍👩‍👧‍👦.pdf", "Größe – Übersicht 😀👩‍👩‍👧‍👦.pdf"],
    ["تقرير نهائي.docx", "تقرير نهائي.docx"],
    ["報告書（最終版）.xlsx", "報告書（最終版）.xlsx"],
    [`it's "quoted"; a=b, <c>.txt`, `it's "quoted"; a=b, <c>.txt`],
    ["../../etc/passwd", "etc_passwd"],
    ["C:\\Windows\\..\\system.ini", "C:_Windows_system.ini"],
    ["a\u0001b\r\nBcc: eve@evil.example", "a_b__Bcc: eve@evil.example"],
    ["photo\u202egnp.exe", "photo_gnp.exe"],
    ["CON.txt", "_CON.txt"],
    ["setup.exe. .", "setup.exe"],
    ["", "attachment"],
    [`${"語".repeat(200)}.pdf`, `${"語".repeat(83)}.pdf`],
    ["same.jpg", "same.jpg"],
    ["same.jpg", "same (2).jpg"],
  ];
  await begin(names.map(([name], index) => ({ bytes: someBytes(9, index), declared: { name } })));
  const { attachments } = await written();

  expect(attachments.map(({ name }) => name)).toEqual(names.map(([, expected]) => expected));
  expect(attachments.map(({ sha256 }) => sha256)).toEqual(
    names.map((_, index) => hash(someBytes(9, index))),
  );
});

test("types are the declared ones, parameters too, and none can break a header", async () => {
  const types = [
    ["audio/ogg; codecs=opus", "audio/ogg; codecs=opus"],
    ["image/webp", "image/webp"],
    ["image/jpeg\r\nX-Evil: 1", "application/octet-stream"],
    ["no type at all", "application/octet-stream"],
    ["text/html", "text/html"],
  ] as const;
  await begin(types.map(([contentType]) => ({ bytes: someBytes(9), declared: { contentType } })));

  expect((await written()).attachments.map(({ contentType }) => contentType)).toEqual(
    types.map(([, expected]) => expected),
  );
});

test.each([
  ["too small", 1],
  ["too large", 1e12],
  ["negative", -5],
  ["no number", "many"],
  ["nothing", 0],
])("a size in the record that is %s changes nothing of what arrives", async (_name, sizeBytes) => {
  const bytes = someBytes(2_000);
  await begin([{ bytes, declared: { sizeBytes } }]);

  expect((await written()).attachments).toMatchObject([{ sha256: hash(bytes) }]);
  expect(await open.deliveries()).toMatchObject([{ state: "IMPORTED" }]);
});

const body = someBytes(50_000);
const right = { sha256: hash(body) };

const damages: readonly (readonly [string, object, object])[] = [
  ["cut before its first byte", {}, { cutBodyAfter: 0 }],
  ["cut in the middle", {}, { cutBodyAfter: 20_000 }],
  ["cut before its last byte", {}, { cutBodyAfter: 49_999 }],
  ["with another digest", {}, { headers: { Digest: `sha-256=${"A".repeat(43)}=` } }],
  ["as an error page with status 200", right, { status: 200, body: "<html>Sorry</html>" }],
  ["empty", right, { status: 200, body: "" }],
];

test.each(damages)(
  "a file that arrives %s is fetched again until it is whole",
  async (...damage) => {
    const [, declared, effect] = damage;
    await begin([{ bytes: body, declared: { ...declared } }]);
    await fault(effect, 2);

    expect((await written()).attachments).toMatchObject([{ sha256: hash(body) }]);
    expect(await fetches()).toBe(3);
    expect(await open.deliveries()).toMatchObject([{ state: "IMPORTED" }]);
  },
);

test.each(damages)("a file that always arrives %s is never written short", async (...damage) => {
  const [, declared, effect] = damage;
  await begin([{ bytes: body, declared: { ...declared } }]);
  await fault(effect, 100);
  const mail = await written();

  expect(mail.attachments).toEqual([]);
  expect(mail.body.content).toContain("arrived damaged three times");
  expect(await fetches()).toBe(3);
  expect(await open.deliveries()).toMatchObject([
    { state: "PARTIALLY_IMPORTED", failureCode: "AttachmentCorrupt" },
  ]);
});

test("a digest that cannot be read says nothing against the bytes", async () => {
  await begin([{ bytes: body }]);
  await fault({ headers: { Digest: "md5=abc, sha-256=short" } }, 100);

  expect((await written()).attachments).toMatchObject([{ sha256: hash(body) }]);
});
