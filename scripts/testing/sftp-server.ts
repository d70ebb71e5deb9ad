/** A real OpenSSH server, SFTP only, on a loopback port of its own: as many of them as tests want. */
import { spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync } from "node:fs";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findSshServer } from "../checks/programs";
import { freePorts, isAnswering } from "../supervisor/ports";
import { launch, stopGroup, waitUntil } from "../supervisor/processes";
import { launchGuard, RunFile } from "../supervisor/run-file";
import { makeUser } from "./sftp-user";

export type SftpServer = {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** null where nobody may make a user: then only keys open the server. */
  readonly password: string | null;
  readonly privateKey: string;
  readonly lockedKey: { readonly privateKey: string; readonly passphrase: string };
  /** A directory that the user may write into. */
  readonly folder: string;
  /** `ssh-ed25519 SHA256:…`, as ssh-keygen says. */
  hostKey(): string;
  /** What it wrote about connections and sign-ins. */
  log(): string;
  /** Ends and begins anew; sessions that there are outlive it. */
  restart(): Promise<void>;
  /** Begins anew with another key. */
  renewHostKey(): Promise<void>;
  /** From now on another key opens it, and the one before does not. */
  renewUserKey(): string;
  /** @returns the one that opens it from now on; null where nobody may set one */
  changePassword(): string | null;
  stop(): Promise<void>;
};

/** Why tests of passwords cannot run here; null where they can. */
export const noPasswords =
  process.getuid?.() === 0 ? null : "only root can make a user whose password sshd checks";

const answersWithinMs = 30_000;

export async function startSftpServer(settings: readonly string[] = []): Promise<SftpServer> {
  const program = findSshServer();
  if (program === null) throw new Error("OpenSSH's server is missing: install openssh-server");
  const dir = mkdtempSync(join(tmpdir(), "archiver-sftp-"));
  chmodSync(dir, 0o711);
  const runFile = new RunFile(join(dir, "run.json"));
  const guard = launchGuard(runFile.path);
  const user = makeUser();
  const [port = 0] = await freePorts(1);
  const folder = join(dir, "delivery");
  mkdirSync(folder);
  if (user.owner !== null) chownSync(folder, user.owner.uid, user.owner.gid);
  const hostKey = join(dir, "host-key");
  const passphrase = "open sesame";
  const read = (name: string) => readFileSync(join(dir, name), "utf8");
  const authorize = () =>
    writeFileSync(join(dir, "authorized"), read("user-key.pub") + read("locked-key.pub"));
  makeKey(hostKey);
  makeKey(join(dir, "user-key"));
  makeKey(join(dir, "locked-key"), passphrase);
  authorize();
  // Where it runs as root, it wants the directory that the system makes at its start.
  if (user.owner !== null) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const own = [...configuration({ dir, port, username: user.name }), ...settings];
  // From 9.8 on it keeps out whoever fails too often, as tests do; before, it does not know the word.
  const isKnown = [[...own, "PerSourcePenalties no"], own].some((lines) => {
    writeFileSync(join(dir, "config"), lines.join("\n") + "\n");
    return spawnSync(program, ["-t", "-f", join(dir, "config")]).status === 0;
  });
  if (!isKnown) throw new Error("sshd does not take its settings");
  let server: ChildProcess | undefined;
  const end = async () => {
    if (server !== undefined) await stopGroup(server, "SIGTERM", 5_000);
  };
  const begin = async () => {
    server = launch({
      command: program,
      args: ["-D", "-e", "-f", join(dir, "config")],
      env: process.env,
      logFile: join(dir, "log"),
    });
    if (server.pid !== undefined) runFile.add("sshd", server.pid);
    if (!(await waitUntil(() => isAnswering(port), answersWithinMs))) {
      throw new Error(`No answer from sshd: ${read("log")}`);
    }
  };
  const stop = async () => {
    await end();
    guard.kill();
    user.remove();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await begin();
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    ...{ host: "127.0.0.1", port, username: user.name, password: user.password, folder, stop },
    privateKey: read("user-key"),
    lockedKey: { privateKey: read("locked-key"), passphrase },
    log: () => read("log"),
    hostKey: () => fingerprint(`${hostKey}.pub`),
    changePassword: () => user.changePassword(),
    async restart() {
      await end();
      await begin();
    },
    async renewHostKey() {
      await end();
      makeAnew(hostKey);
      await begin();
    },
    renewUserKey() {
      makeAnew(join(dir, "user-key"));
      authorize();
      return read("user-key");
    },
  };
}

function configuration(where: { dir: string; port: number; username: string }): string[] {
  const { dir, port, username } = where;
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${join(dir, "host-key")}`,
    `AuthorizedKeysFile ${join(dir, "authorized")}`,
    `AllowUsers ${username}`,
    "PidFile none",
    // The directory of temporary files may be written by everybody.
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication yes",
    "KbdInteractiveAuthentication no",
    "Subsystem sftp internal-sftp",
    "ForceCommand internal-sftp",
    "DisableForwarding yes",
    "MaxStartups 100",
  ];
}

function makeAnew(path: string): void {
  rmSync(path);
  rmSync(`${path}.pub`);
  makeKey(path);
}

function makeKey(path: string, passphrase = ""): void {
  keygen("-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", path);
}

function fingerprint(path: string): string {
  const [, digest = ""] = keygen("-l", "-f", path).split(" ");
  const [kind = ""] = readFileSync(path, "utf8").split(" ");
  return `${kind} ${digest}`;
}

function keygen(...args: string[]): string {
  const done = spawnSync("ssh-keygen", args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`ssh-keygen: ${done.stderr}`);
  return done.stdout;
}
