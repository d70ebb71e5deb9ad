import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startSimulator } from "./start";
import { Drop, minute, names, onlyFile, quarter, record } from "./testing/drop";
import { openDrop, type DropClient } from "./testing/sftp-client";

let drop: Drop;
beforeAll(async () => {
  drop = await Drop.start();
});
afterEach(() => drop.letGo());
afterAll(() => drop.close());

const refusal = { message: expect.stringMatching(/authentication methods failed/) as unknown };

describe("the account", () => {
  it("is TeleMessage's: another name or password opens nothing", async () => {
    await drop.fill([]);
    await expect(drop.open("wrong")).rejects.toMatchObject(refusal);
    const { port } = drop.harness.simulator.sftp;
    await expect(openDrop(port, { username: "somebody" })).rejects.toMatchObject(refusal);
    await drop.harness.control("PATCH", "/telemessage", { password: "new one" });
    await expect(drop.open()).rejects.toMatchObject(refusal);
    expect(await names(await drop.open("new one"))).toEqual([]);
  });

  it("opens nothing while it is locked, and is locked by wrong passwords", async () => {
    await drop.fill([]);
    for (let time = 0; time < 10; time += 1) await drop.open("wrong").catch(() => undefined);
    await expect(drop.open()).rejects.toMatchObject(refusal);
    await drop.harness.control("PATCH", "/telemessage", { locked: false });
    await drop.open();
  });

  it("ends what is under way when it changes, and when the world does", async () => {
    await drop.fill([]);
    const client = await drop.open();
    await drop.harness.control("PATCH", "/telemessage", { locked: true });
    await expect(client.list("/archive")).rejects.toThrow();
    await drop.fill([]);
    const next = await drop.open();
    await drop.fill([]);
    await expect(next.list("/archive")).rejects.toThrow();
  });

  it("may sign in without access to the archive, and sees nothing of it", async () => {
    await drop.fill([record("a", 1)]);
    await drop.harness.control("PATCH", "/telemessage", { archiveAccess: false });
    const client = await drop.open();
    await expect(client.list("/archive")).rejects.toMatchObject({ code: 3 });
  });
});

describe("the folder", () => {
  it("is where a user is put, and below the root", async () => {
    await drop.fill([record("a", 1)]);
    const client = await drop.open();
    const real = (path: string) =>
      client.ask<string>((sftp, answer) => sftp.realpath(path, answer));
    expect([await real("."), await real(""), await real("/archive/../x")]).toEqual([
      "/archive",
      "/archive",
      "/x",
    ]);
    expect(await names(client, ".")).toHaveLength(1);
    expect(await names(client, "/")).toEqual(["archive"]);
  });

  it("is all there is: nothing is read outside, and nothing written", async () => {
    await drop.fill([record("a", 1)]);
    const client = await drop.open();
    const { path } = await onlyFile(client);
    for (const other of ["/etc/passwd", "/archive/../../etc/passwd", "../etc/passwd", "/archive/x"])
      await expect(client.read(other)).rejects.toMatchObject({ code: 2 });
    await expect(names(client, "/etc")).rejects.toMatchObject({ code: 2 });
    const refused = { code: 3 };
    const act = (begin: Parameters<DropClient["ask"]>[0]) => client.ask(begin);
    await expect(act((sftp, answer) => sftp.open(path, "w", answer))).rejects.toMatchObject(
      refused,
    );
    await expect(
      act((sftp, answer) => sftp.unlink(path, (error) => answer(error, null))),
    ).rejects.toMatchObject(refused);
    await expect(
      act((sftp, answer) => sftp.mkdir("/archive/other", (error) => answer(error, null))),
    ).rejects.toMatchObject(refused);
    await expect(
      act((sftp, answer) => sftp.rename(path, "/tmp/x.zip", (error) => answer(error, null))),
    ).rejects.toMatchObject(refused);
  });

  it("has a place for what is done, where nothing is overwritten", async () => {
    await drop.fill([record("a", 1), record("b", 20)]);
    const client = await drop.open();
    const [one = "", other = ""] = await names(client);
    const bytes = await client.read(`/archive/${one}`);
    const move = (from: string, to: string) =>
      client.ask((sftp, answer) =>
        sftp.rename(`/archive/${from}`, `/archive/${to}`, (error) => answer(error, null)),
      );
    await expect(move(one, `done/${one}`)).rejects.toThrow();
    const makeDone = () =>
      client.ask((sftp, answer) => sftp.mkdir("/archive/done", (error) => answer(error, null)));
    await makeDone();
    await expect(makeDone()).rejects.toThrow();
    await move(one, `done/${one}`);
    expect(await names(client)).toEqual(["done", other]);
    expect(await names(client, "/archive/done")).toEqual([one]);
    expect(await client.read(`/archive/done/${one}`)).toEqual(bytes);
    await expect(move(other, `done/${one}`)).rejects.toThrow();
    await drop.harness.control("POST", "/records", { records: [record("c", 1)] });
    expect(await names(client)).toHaveLength(3);
  });
});

describe("the control", () => {
  it("tells where the drop is, and what lies in it", async () => {
    await drop.fill([record("a", 1), record("b", 2)]);
    const client = await drop.open();
    const { path } = await onlyFile(client);
    const answer = await drop.harness.control("GET", "/sftp");
    const digest = createHash("sha256").update(client.hostKey).digest("base64").replace(/=$/, "");
    expect(answer.json()).toEqual({
      host: "127.0.0.1",
      port: drop.harness.simulator.sftp.port,
      folder: "/archive",
      username: "archive@contoso.com",
      hostKey: `ssh-ed25519 SHA256:${digest}`,
      files: [{ path, zippedAt: new Date(quarter + 2 * minute).toISOString(), messages: 2 }],
    });
    const shown = await drop.harness.control("GET", "/drop");
    expect(shown.text).toContain(path);
    expect((await drop.harness.control("GET", "/")).text).toContain(
      `port ${drop.harness.simulator.sftp.port}, folder /archive`,
    );
  });
});

describe("the port and the key", () => {
  it("shows the same key after a restart", async () => {
    const ports = { telemessage: 0, entra: 0, graph: 0, control: 0, sftp: 0 };
    const env = { DATA_DIR: drop.harness.dataFolder };
    await drop.fill([]);
    const { hostKey } = await drop.open();
    const again = await startSimulator({ env, ports });
    try {
      const client = await drop.open("Archive!2026", again.sftp);
      expect(client.hostKey).toEqual(hostKey);
      expect(
        (await readdir(`${drop.harness.dataFolder}/simulator`)).includes("sftp-host-key"),
      ).toBe(true);
    } finally {
      await again.close();
    }
  });

  it("takes any port while the usual one is taken, unless one was named", async () => {
    const ports = { telemessage: 0, entra: 0, graph: 0, control: 0 };
    const env = { DATA_DIR: drop.harness.dataFolder };
    const [one, other] = [
      await startSimulator({ env, ports }),
      await startSimulator({ env, ports }),
    ];
    expect(one.sftp.port).not.toBe(other.sftp.port);
    await Promise.all([one.close(), other.close()]);
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as AddressInfo;
    await expect(
      startSimulator({ env: { ...env, SIM_SFTP_PORT: String(port) }, ports }),
    ).rejects.toThrow(`port ${port} is already in use. Set SIM_SFTP_PORT to a free port.`);
    holder.close();
  });
});
