import { expect, test } from "vitest";
import { askAboutHostKey, readSftpPlace } from "./delivery";

const typed = { host: "sftp.example.com", port: "22", folder: "/out", username: "contoso" };

test.each([
  ["sftp.example.com", "sftp.example.com"],
  [" SFTP.Example.COM. ", "sftp.example.com"],
  ["10.1.2.3", "10.1.2.3"],
  ["2001:DB8::1", "2001:db8::1"],
  ["[2001:db8::1]", "2001:db8::1"],
  ["münchen.example", "xn--mnchen-3ya.example"],
])("the host %j is %s", (host, read) => {
  expect(readSftpPlace({ ...typed, host })).toMatchObject({ place: { host: read } });
});

test.each([
  ...["", "sftp://sftp.example.com", "sftp.example.com/out", "user@sftp.example.com"],
  ...["sftp.example.com:22", "two words", "a:b", "%41", "[", "x".repeat(300)],
])("%j is no host", (host) => {
  expect(readSftpPlace({ ...typed, host })).toMatchObject({ fields: { host: expect.any(String) } });
});

test.each([
  ["/out/", "/out"],
  ["out//", "out"],
  ["", "."],
  ["/", "/"],
  [" /with space ", "/with space"],
])("the folder %j is %s", (folder, read) => {
  expect(readSftpPlace({ ...typed, folder })).toMatchObject({ place: { folder: read } });
});

test.each(["0", "65536", "-1", "22a", "", "1e3", "٢٢"])("%j is no port", (port) => {
  expect(readSftpPlace({ ...typed, port })).toMatchObject({ fields: { port: expect.any(String) } });
});

test("everything that cannot be tried is told at once", () => {
  const read = readSftpPlace({ host: "", port: "", folder: "a\nb", username: " " });
  expect(Object.keys("fields" in read ? read.fields : {})).toEqual([
    ...["host", "port", "folder", "username"],
  ]);
});

test("a server's key is asked about unless somebody has confirmed that very key", () => {
  const nothing = { pinned: null, shown: null, confirmed: null };
  expect(askAboutHostKey("a", nothing)).toBe("ask");
  expect(askAboutHostKey("a", { ...nothing, pinned: "a" })).toBeNull();
  expect(askAboutHostKey("a", { ...nothing, shown: "a" })).toBe("confirm");
  expect(askAboutHostKey("a", { ...nothing, shown: "a", confirmed: "a" })).toBeNull();
  // It changed again while the first change was looked at.
  expect(askAboutHostKey("c", { pinned: "a", shown: "b", confirmed: "b" })).toBe("ask");
});
