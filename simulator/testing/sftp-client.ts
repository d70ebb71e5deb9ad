import ssh2, { type Client, type ConnectConfig, type FileEntry, type SFTPWrapper } from "ssh2";

/** Somebody who has signed in to the drop, by a real client over TCP. */
export type DropClient = {
  /** As the server showed it. */
  readonly hostKey: Buffer;
  readonly list: (path: string) => Promise<FileEntry[]>;
  readonly read: (path: string) => Promise<Buffer>;
  readonly ask: <T>(request: (sftp: SFTPWrapper, answer: Answer<T>) => void) => Promise<T>;
  close(): void;
};

const ordinary = { username: "archive@contoso.com", password: "secret" };

type Answer<T> = (error: Error | null | undefined, value: T) => void;

export async function openDrop(port: number, more: ConnectConfig = {}): Promise<DropClient> {
  const client = new ssh2.Client();
  let hostKey: Buffer = Buffer.alloc(0);
  const hostVerifier = (seen: Buffer) => {
    hostKey = seen;
    return true;
  };
  await new Promise<void>((resolve, reject) => {
    client.on("ready", () => resolve()).on("error", reject);
    client.connect({ host: "127.0.0.1", port, ...ordinary, hostVerifier, ...more });
  });
  // Every request is written in two pieces, and the second would wait for an acknowledgement.
  client.setNoDelay(true);
  const sftp = await settled<SFTPWrapper>(client, (answer) => client.sftp(answer));
  const ask: DropClient["ask"] = (request) => settled(client, (answer) => request(sftp, answer));
  return {
    hostKey,
    ask,
    list: (path) => ask<FileEntry[]>((each, answer) => each.readdir(path, answer)),
    read: (path) => ask<Buffer>((each, answer) => each.readFile(path, answer)),
    close: () => client.end(),
  };
}

/** A connection that ends answers nothing more. */
function settled<T>(client: Client, begin: (answer: Answer<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const closed = () => reject(new Error("The connection is over"));
    client.once("close", closed);
    begin((error, value) => {
      client.off("close", closed);
      if (error) reject(error);
      else resolve(value);
    });
  });
}
