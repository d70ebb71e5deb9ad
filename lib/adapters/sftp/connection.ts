/** A connection to an SFTP server whose key was confirmed before: signed in, watched, and answered within deadlines. */
import { Client, type ConnectConfig, type SFTPWrapper } from "ssh2";
import { onAbort } from "@/lib/adapters/on-abort";
import { SyncError } from "@/lib/core/errors";
import type { SftpCredential } from "@/lib/ports/source";
import { connectionFailure, sftpUnavailable, type Situation } from "./failures";
import { describeHostKey, hostKeyAlgorithms } from "./host-key";
import { readPrivateKey } from "./private-key";
import { answers } from "./sign-in-methods";
import { openSocket, type SocketOptions } from "./socket";

export type SftpOptions = SocketOptions & {
  /** From the connection on: the handshake, and then every single answer. */
  readonly answerMs: number;
};

export type SftpConnection = {
  /** One request. It ends with the server's answer, the deadline, the signal, or the connection. */
  readonly ask: <T>(
    request: (sftp: SFTPWrapper, answer: Answer<T>) => void,
    signal: AbortSignal,
  ) => Promise<T>;
  readonly close: () => void;
};

type Answer<T> = (error: Error | null | undefined, value: T) => void;

export async function connectSftp(
  credential: SftpCredential,
  options: SftpOptions,
  signal: AbortSignal,
): Promise<SftpConnection> {
  const key = readPrivateKey(credential);
  const situation = { signal, hostKey: credential.hostKey, usesKey: key !== null };
  const client = newClient();
  try {
    const shown = await handshake(client, credential, options, situation, {
      username: credential.username,
      authHandler: answers(credential, key),
      hostVerifier: (seen: Buffer) => describeHostKey(seen) === credential.hostKey,
    });
    await shown.whenReady;
    const sftp = await within<SFTPWrapper>(client, options.answerMs, signal, (answer) =>
      client.sftp(answer),
    );
    return connectionOver(client, sftp, options.answerMs);
  } catch (thrown) {
    client.destroy();
    throw connectionFailure(thrown, situation);
  }
}

/** The key that a server shows. Nothing is sent to it beyond the handshake: no name and no secret. */
export async function readHostKey(
  address: { readonly host: string; readonly port: number },
  options: SftpOptions,
  signal: AbortSignal,
): Promise<string> {
  const situation = { signal, hostKey: null, usesKey: false };
  const client = newClient();
  let shown: string | undefined;
  try {
    const { whenReady } = await handshake(client, address, options, situation, {
      // Without one the library does not begin; it is never sent.
      username: "nobody",
      hostVerifier: (seen: Buffer) => {
        shown = describeHostKey(seen);
        return false;
      },
    });
    await whenReady.catch((thrown: unknown) => {
      if (shown === undefined) throw thrown;
    });
  } catch (thrown) {
    throw connectionFailure(thrown, situation);
  } finally {
    client.destroy();
  }
  if (shown === undefined) throw new SyncError("SourceNotSftp");
  return shown;
}

/** What is left of the library's own list once SHA-1 and 64-bit blocks are gone. */
const algorithms = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group15-sha512",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group17-sha512",
    "diffie-hellman-group18-sha512",
  ],
  cipher: [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
  ],
  hmac: [
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
  ],
  compress: ["none"],
} as const satisfies ConnectConfig["algorithms"];

/** Three of these unanswered, and the connection counts as cut. */
const keepaliveMs = 10_000;

const goodbyeMs = 2_000;

/** Whoever waits hears of an error in his own request; without a listener it would end the process. */
function newClient(): Client {
  // As many listeners as requests are under way.
  return new Client().setMaxListeners(0).on("error", () => undefined);
}

/** In an object of its own: a promise that is handed over would be awaited by whoever hands it over. */
async function handshake(
  client: Client,
  address: { readonly host: string; readonly port: number },
  options: SftpOptions,
  { signal, hostKey }: Situation,
  more: ConnectConfig,
): Promise<{ readonly whenReady: Promise<null> }> {
  const sock = await openSocket(address, options, signal);
  const whenReady = within<null>(client, options.answerMs, signal, (answer) => {
    // Paused, so that the library takes up what we only look at.
    sock.pause().once("data", (first: Buffer) => {
      if (!/^SSH-/m.test(first.toString("latin1"))) answer(new SyncError("SourceNotSftp"), null);
    });
    client.once("ready", () => answer(null, null));
    client.connect({
      ...{ sock, readyTimeout: options.answerMs, keepaliveInterval: keepaliveMs },
      algorithms: { ...algorithms, serverHostKey: hostKeyAlgorithms(hostKey) },
      ...more,
    });
  });
  // Told to stop before it began, the library knows nothing of its socket.
  whenReady.catch(() => sock.destroy());
  return { whenReady };
}

function connectionOver(client: Client, sftp: SFTPWrapper, answerMs: number): SftpConnection {
  let isOver = false;
  client.once("close", () => {
    isOver = true;
  });
  sftp.on("error", () => undefined);
  return {
    async ask(request, signal) {
      if (isOver) throw sftpUnavailable("The connection is over");
      return within(client, answerMs, signal, (answer) => request(sftp, answer));
    },
    close() {
      client.end();
      // A peer that has stopped answering never says that it has heard.
      const deadline = setTimeout(() => client.destroy(), goodbyeMs).unref();
      client.once("close", () => clearTimeout(deadline));
    },
  };
}

/** A server that does not answer in time is hung up on: its late answer would belong to nobody. */
function within<T>(
  client: Client,
  answerMs: number,
  signal: AbortSignal,
  begin: (answer: Answer<T>) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(deadline);
      stopListening();
      client.off("error", broken).off("close", closed);
      settle();
    };
    const broken = (error: Error) => end(() => reject(error));
    const closed = () => broken(sftpUnavailable("The connection was cut"));
    const stopListening = onAbort(signal, () => broken(new SyncError("Interrupted")));
    const deadline = setTimeout(() => {
      client.destroy();
      broken(sftpUnavailable("No answer in time"));
    }, answerMs);
    client.on("error", broken).on("close", closed);
    if (signal.aborted) return broken(new SyncError("Interrupted"));
    try {
      begin((error, value) => (error ? broken(error) : end(() => resolve(value))));
    } catch (thrown) {
      // A request over a connection that has just ended throws at once.
      broken(thrown instanceof Error ? thrown : sftpUnavailable("Not connected"));
    }
  });
}
