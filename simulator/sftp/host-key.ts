import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import ssh2 from "ssh2";

export type HostKey = {
  readonly privateKey: string;
  /** The kind of key, and behind it what `ssh-keygen -l` prints: `ssh-ed25519 SHA256:…` */
  readonly fingerprint: string;
};

/** One key for as long as the data folder lives: whoever confirmed it must meet it again. */
export async function keepHostKey(folder: string): Promise<HostKey> {
  const path = join(folder, "sftp-host-key");
  const privateKey = await readFile(path, "utf8").catch(() => makeKey(folder, path));
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) {
    throw new Error(`${path} holds no key any more: delete it.`, { cause: parsed });
  }
  const digest = createHash("sha256").update(parsed.getPublicSSH()).digest("base64");
  return { privateKey, fingerprint: `${parsed.type} SHA256:${digest.replace(/=+$/, "")}` };
}

async function makeKey(folder: string, path: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const made = newPrivateKey();
  await writeFile(path, made, { flag: "wx", mode: 0o600 });
  return made;
}

/** Of 250 keys that the library makes there is one that it cannot read itself. */
export function newPrivateKey(): string {
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync("ed25519").private;
    if (!(ssh2.utils.parseKey(made) instanceof Error)) return made;
  }
}
