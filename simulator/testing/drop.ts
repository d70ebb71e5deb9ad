import { expect } from "vitest";
import { Harness, world } from "./harness";
import { openDrop, type DropClient } from "./sftp-client";

/** A simulator whose drop is looked into, by clients that are let go after every test. */
export class Drop {
  private readonly clients: DropClient[] = [];

  private constructor(readonly harness: Harness) {}

  static async start(): Promise<Drop> {
    return new Drop(await Harness.open());
  }

  async fill(records: unknown[], attachments = {}): Promise<void> {
    await this.harness.putWorld({
      telemessage: { ...world().telemessage, records, attachments } as never,
    });
  }

  async open(password = "secret", { port } = this.harness.simulator.sftp): Promise<DropClient> {
    const client = await openDrop(port, { password });
    this.clients.push(client);
    return client;
  }

  letGo(): void {
    for (const client of this.clients.splice(0)) client.close();
  }

  close(): Promise<void> {
    return this.harness.close();
  }
}

export const minute = 60_000;
const newestAt = Date.now() - 60 * minute;
/** The quarter of an hour that has just begun then. */
export const quarter = newestAt - (newestAt % (15 * minute));

export function record(id: string, minutes: number, body: Record<string, unknown> = {}) {
  return {
    id,
    revision: "1",
    gatewayReceivedDate: new Date(quarter + minutes * minute).toISOString(),
    body: { messageType: "CHAT", text: `This is ${id}`, ...body },
  };
}

export async function names(client: DropClient, folder = "/archive"): Promise<string[]> {
  return (await client.list(folder)).map(({ filename }) => filename);
}

export async function onlyFile(client: DropClient): Promise<{ path: string; size: number }> {
  const [file, ...others] = await client.list("/archive");
  expect(others).toEqual([]);
  return { path: `/archive/${file?.filename ?? ""}`, size: file?.attrs.size ?? -1 };
}
