/** The whole engine over a real OpenSSH server, with everything that goes wrong on the way to it. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { sha256Hex } from "@/lib/core/keys";
import { hoursAgo } from "@/lib/testing/records";
import type { SftpDrop } from "@/lib/testing/sftp-connector";
import {
  createSftpWorld,
  largeMail as large,
  mailOf as mail,
  type SftpWorld,
  zipName as name,
} from "@/lib/testing/sftp-world";
import { openSpooledFiles } from "@/lib/testing/spooled-files";
import { noDuplicates } from "@/lib/testing/sync-world";
import { deliveryOf } from "@/lib/testing/zip-files";
import { findSshServer } from "@/scripts/checks/programs";
import { noPasswords } from "@/scripts/testing/sftp-server";
import { transferRun } from "./transfer";

// What is slow on purpose is slower still on a busy machine.
vi.setConfig({ testTimeout: 58_000 });

describe.skipIf(findSshServer() === null)("a delivery on a real SFTP server", () => {
  let open: SftpWorld;
  beforeAll(async () => {
    open = await createSftpWorld();
  });
  afterEach(() => open.closeDrops());
  afterAll(() => open.close());

  it("is whole by its digest, though the connection is cut again and again in the middle of a file", async () => {
    const drop = await open.dropped();
    const zip = await deliveryOf([large("m1"), large("m2")]);
    drop.put(name(1), zip);
    const { runId } = await drop.finish();
    drop.relay.behave({ cutAfterBytes: 400_000 });
    await open.workUntil(open.isWhole(runId));
    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 4 });
    expect(await open.files()).toMatchObject([{ state: "DONE", sha256: sha256Hex(zip) }]);
    expect(await open.arrived()).toEqual(["m1", "m2"]);
    expect(openSpooledFiles()).toBe(0);
    await expect.poll(() => drop.relay.open()).toBe(0);
  });

  it("is read as it is in the end, where a file is replaced while it is brought here", async () => {
    const drop = await open.dropped({ bytesPerSecond: 1_000_000 });
    const [first, second] = [large("m1"), large("m2")];
    drop.put(name(1), await deliveryOf([first]), hoursAgo(2));
    const { runId } = await drop.finish();
    const replaced = await deliveryOf([first, second]);
    const midway = open.midwayOf(drop);
    const working = open.drain();
    await midway();
    drop.put(name(1), replaced);
    drop.relay.behave({});
    await working;
    await open.workUntil(open.isWhole(runId));
    await open.lookBack();
    expect(await open.arrived()).toEqual(["m1", "m2"]);
    expect(await open.files()).toMatchObject([
      { state: "DONE", count: 2, sha256: sha256Hex(replaced) },
    ]);
    expect(await open.duplicates()).toEqual(noDuplicates);
  });

  it("gives nothing of a file that is not whole, and all of it when it was completed", async () => {
    const drop = await open.dropped();
    const mails = [mail("a1"), mail("a2")];
    const whole = await deliveryOf(mails);
    drop.put(name(1), whole.subarray(0, whole.length - 30), hoursAgo(2));
    drop.put(
      name(2),
      await deliveryOf(mails, "Count: 3\r\nmail-0.eml\r\nmail-1.eml\r\n"),
      hoursAgo(2),
    );
    drop.put(name(3), await deliveryOf([mail("b1")]), hoursAgo(2));
    const { runId } = await drop.finish();
    await open.drain();
    expect(await open.run(runId)).toMatchObject({
      ...{ state: "PARTIAL", failureCode: "DeliveryIncomplete", imported: 2 },
    });
    expect(await open.arrived()).toEqual(["b1"]);
    expect((await open.files()).map(({ reason }) => reason)).toEqual([
      "damaged",
      "wrongCount",
      null,
    ]);

    drop.put(name(1), whole);
    drop.put(name(2), await deliveryOf([mail("c1"), mail("c2"), mail("c3")]));
    await open.lookBack();
    expect(await open.arrived()).toEqual(["a1", "a2", "b1", "c1", "c2", "c3"]);
    expect((await open.files()).map(({ state }) => state)).toEqual(["DONE", "DONE", "DONE"]);
  });

  it("waits for an administrator when the server shows another key, and goes on once it is confirmed", async () => {
    const drop = await open.dropped({ bytesPerSecond: 1_000_000 });
    drop.put(name(1), await deliveryOf([large("m1")]));
    const { id, runId } = await drop.finish();
    const midway = open.midwayOf(drop);
    const working = open.drain();
    await midway();
    await open.server.renewHostKey();
    drop.relay.cut();
    await working;
    // Whoever comes while nobody listens only waits.
    await open.workUntil(async () => (await open.attention(id))?.state === "NEEDS_ATTENTION");
    expect(await open.attention(id)).toEqual({
      ...{ state: "NEEDS_ATTENTION", attentionCode: "SourceHostKeyChanged" },
    });
    await open.edit(id, { hostKey: open.server.hostKey() });
    await open.workUntil(open.isWhole(runId));
    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
  });

  it.skipIf(noPasswords !== null)(
    "waits for an administrator when the password was changed, and goes on with the new one",
    async () => {
      const drop = await open.dropped();
      drop.put(name(1), await deliveryOf([mail("m1")]));
      const { id, runId } = await drop.finish({ privateKey: null, password: open.server.password });
      const password = open.server.changePassword() ?? "";
      await open.drain();
      expect(await open.attention(id)).toEqual({
        ...{ state: "NEEDS_ATTENTION", attentionCode: "SourceAuthFailed" },
      });
      await open.edit(id, { password });
      await open.workUntil(open.isWhole(runId));
      expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
    },
  );

  it("is waited for when it is slow, and when it stands still for a moment", async () => {
    const drop = await open.dropped({ bytesPerSecond: 400_000, delayMs: 10 });
    drop.put(name(1), await deliveryOf([large("m1")]));
    const { runId } = await drop.finish();
    const midway = open.midwayOf(drop);
    const working = open.drain();
    await midway();
    drop.relay.stall();
    await sleep(300);
    drop.relay.goOn();
    await working;
    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  });

  it.each([
    ["goes slowly", (drop: SftpDrop) => drop.relay.behave({ bytesPerSecond: 5_000 })],
    ["stands still", (drop: SftpDrop) => drop.relay.stall()],
  ])(
    "lets a pause end the transfer within seconds while a file that is brought %s",
    async (_how, hold) => {
      const drop = await open.dropped({ bytesPerSecond: 1_000_000 });
      drop.put(name(1), await deliveryOf([large("m1")]));
      const { id, runId } = await drop.finish();
      const midway = open.midwayOf(drop);
      const working = transferRun(open.parts, runId, open.signal);
      await midway();
      hold(drop);
      await open.pause(id);
      const pausedAt = performance.now();
      await working;
      expect(performance.now() - pausedAt).toBeLessThan(10_000);
      expect(openSpooledFiles()).toBe(0);
      drop.relay.goOn();
      await expect.poll(() => drop.relay.open(), { timeout: 20_000 }).toBe(0);

      drop.relay.behave({});
      await open.resume(id);
      await open.workUntil(open.isWhole(runId));
      expect(await open.arrived()).toEqual(["m1"]);
    },
  );

  it("lets a pause end the look-back within seconds, too", async () => {
    const drop = await open.dropped();
    const { id, runId } = await drop.finish();
    await open.workUntil(open.isWhole(runId));
    drop.put(name(1), await deliveryOf([large("m1")]));
    drop.relay.behave({ bytesPerSecond: 1_000_000 });
    const midway = open.midwayOf(drop);
    const looking = open.lookBack();
    await midway();
    drop.relay.stall();
    await open.pause(id);
    const pausedAt = performance.now();
    await looking;
    expect(performance.now() - pausedAt).toBeLessThan(10_000);
    expect(openSpooledFiles()).toBe(0);

    drop.relay.cut();
    drop.relay.goOn();
    drop.relay.behave({});
    await open.resume(id);
    await open.lookBack();
    expect(await open.arrived()).toEqual(["m1"]);
  });

  it("is let go at once by a worker that is told to stop, and another goes on", async () => {
    const drop = await open.dropped({ bytesPerSecond: 1_000_000 });
    drop.put(name(1), await deliveryOf([large("m1")]));
    const { runId } = await drop.finish();
    const stop = new AbortController();
    const midway = open.midwayOf(drop);
    const working = transferRun(open.parts, runId, stop.signal);
    await midway();
    drop.relay.stall();
    stop.abort();
    const stoppedAt = performance.now();
    await working;
    expect(performance.now() - stoppedAt).toBeLessThan(5_000);
    expect(openSpooledFiles()).toBe(0);
    drop.relay.cut();
    drop.relay.goOn();
    drop.relay.behave({});
    await open.workUntil(open.isWhole(runId));
    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
  });
});
