import type { Stats } from "ssh2";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { Drop, minute, names, onlyFile, quarter, record } from "./testing/drop";
import { unzip } from "./testing/unzip";

let drop: Drop;
beforeAll(async () => {
  drop = await Drop.start();
});
afterEach(() => drop.letGo());
afterAll(() => drop.close());

it("are what the archive took in within a quarter of an hour, zipped with the last of it", async () => {
  await drop.fill([record("a", 1), record("b", 2), record("c", 16)]);
  const time = (minutes: number) =>
    new Date(quarter + minutes * minute).toISOString().replace(/\D/g, "");
  const number = (at: number) => 1 + Math.floor((at % 86_400_000) / (15 * minute));
  const name = (minutes: number) => {
    const at = quarter + minutes * minute;
    return `${time(minutes).slice(0, 8)}0000-TeleMessage_${number(at)}_${time(minutes)}.zip`;
  };
  expect(await names(await drop.open())).toEqual([name(2), name(16)]);
});

it("hold a mail for every record, and a manifest that counts and names them", async () => {
  await drop.fill([record("a", 1), record("b", 2)]);
  const client = await drop.open();
  const { path } = await onlyFile(client);
  const entries = await unzip(await client.read(path));
  const manifest = path.replace("/archive/", "").replace(".zip", ".mf");
  expect([...entries.keys()]).toEqual(["message-0001.eml", "message-0002.eml", manifest]);
  expect(entries.get(manifest)?.toString()).toBe(
    "Count: 2\r\nmessage-0001.eml\r\nmessage-0002.eml\r\n",
  );
});

it("are as long as they were said to be, also where they are not packed", async () => {
  const attachments = { film: { sizeBytes: 3_000_000, seed: "film" } };
  const files = [{ id: "film", name: "film.mp4", contentType: "video/mp4" }];
  await drop.fill([record("a", 1, { attachments: files })], attachments);
  const client = await drop.open();
  const { path, size } = await onlyFile(client);
  const bytes = await client.read(path);
  expect([bytes.length, (await client.read(path)).equals(bytes)]).toEqual([size, true]);
  const stat = await client.ask<Stats>((sftp, answer) => sftp.stat(path, answer));
  expect([stat.size, stat.isFile()]).toEqual([size, true]);
  expect((await unzip(bytes)).size).toBe(2);
});

it("are read from any place", async () => {
  await drop.fill([record("a", 1)]);
  const client = await drop.open();
  const { path, size } = await onlyFile(client);
  const whole = await client.read(path);
  const handle = await client.ask<Buffer>((sftp, answer) => sftp.open(path, "r", answer));
  const part = Buffer.alloc(100);
  const read = (at: number) =>
    client.ask<number>((sftp, answer) => sftp.read(handle, part, 0, 100, at, answer));
  expect(await read(size - 40)).toBe(40);
  expect(part.subarray(0, 40)).toEqual(whole.subarray(size - 40));
  expect(await read(size)).toBe(0);
});

it("stay as they were seen; what is added is a further file", async () => {
  await drop.fill([record("a", 1)]);
  const client = await drop.open();
  const { path } = await onlyFile(client);
  const before = await client.read(path);
  await drop.harness.control("POST", "/records", {
    records: [record("b", 1), record("late", -300)],
  });
  const after = await names(client);
  expect(after).toHaveLength(3);
  expect(await client.read(path)).toEqual(before);
  const added = after.filter((name) => !path.endsWith(name));
  for (const name of added)
    expect((await unzip(await client.read(`/archive/${name}`))).size).toBe(2);
});

it("are the same after every start", async () => {
  const records = [record("a", 1), record("b", 2)];
  const read = async () => {
    await drop.fill(records);
    const client = await drop.open();
    return client.read((await onlyFile(client)).path);
  };
  expect((await read()).equals(await read())).toBe(true);
});

it("come when their time has come, and go when the archive goes no further back", async () => {
  await drop.fill([record("a", 1), record("tomorrow", 24 * 60)]);
  const client = await drop.open();
  expect(await names(client)).toHaveLength(1);
  drop.harness.pass(24 * 3600);
  expect(await names(client)).toHaveLength(2);
  const oldestAvailable = new Date(quarter + 60 * minute).toISOString();
  await drop.harness.control("PATCH", "/telemessage", { oldestAvailable });
  expect(await names(client)).toHaveLength(1);
  drop.harness.pass(-24 * 3600);
});

it("hold at most a thousand messages each", async () => {
  await drop.fill(Array.from({ length: 1500 }, (_, index) => record(`r${index}`, 3)));
  expect(await names(await drop.open())).toHaveLength(2);
});

it("are made of anything that is JSON", async () => {
  const nested = JSON.parse(`${"[".repeat(3000)}${"]".repeat(3000)}`) as unknown;
  const odd = [
    ...[null, 7, "text", [], {}, { body: null }, { body: [] }, { body: "text" }, nested],
    { gatewayReceivedDate: "0001-01-01" },
    { id: "x", revision: "1", body: { sender: "me", recipients: {}, conversation: [] } },
    {
      body: {
        messageType: "DELETED",
        sender: { value: "a\r\nBcc: b@c.example", email: "x@y\r\nz", firstName: "\u0000\ud800" },
        recipients: [null, 1, { value: "<>,;@" }, { email: "müller@xn.example" }],
        deleted: { scope: "constructor" },
        conversation: { type: "GROUP", name: "a\nb" },
        poll: { options: [{ toString: 1, valueOf: 1 }] },
        attachments: [{ id: "none" }, 3],
        messageTime: 1e300,
      },
    },
  ];
  await drop.fill([]);
  await drop.harness.control("POST", "/records", { records: odd });
  const client = await drop.open();
  let mails = 0;
  for (const name of await names(client)) {
    const entries = await unzip(await client.read(`/archive/${name}`));
    mails += entries.size - 1;
    for (const each of entries.values()) expect(each.toString()).not.toMatch(/^Bcc:/m);
  }
  expect(mails).toBe(odd.length);
});
