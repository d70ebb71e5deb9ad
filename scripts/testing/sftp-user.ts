/** A system user whose password sshd can check: where we are root, made for one server and removed with it. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";

export type SftpUser = {
  readonly name: string;
  /** null for our own user, whose password nobody told us. */
  readonly password: string | null;
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** @returns the new one; null for our own user */
  changePassword(): string | null;
  remove(): void;
};

export function makeUser(): SftpUser {
  if (process.getuid?.() !== 0) {
    const { username } = userInfo();
    const nothing = { changePassword: () => null, remove: () => undefined };
    return { name: username, password: null, owner: null, ...nothing };
  }
  removeLeftovers();
  // The name says whose it is, so that a later run finds what a killed one left.
  const name = `${prefix}${process.pid}-${randomBytes(2).toString("hex")}`;
  const changePassword = () => {
    const password = randomBytes(12).toString("base64url");
    run("chpasswd", [], `${name}:${password}\n`);
    return password;
  };
  run("useradd", ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]);
  const password = changePassword();
  const [uid = 0, gid = 0] = entries().find((entry) => entry.name === name)?.ids ?? [];
  const remove = () => {
    // Somebody may be signed in still; his session is a process that sshd has let go of.
    if (uid > 0) spawnSync("pkill", ["-KILL", "-U", String(uid)]);
    run("userdel", ["--force", name]);
  };
  return { name, password, owner: { uid, gid }, changePassword, remove };
}

const prefix = "archiver-sftp-";

function removeLeftovers(): void {
  for (const { name } of entries()) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(name.slice(prefix.length).split("-")[0]);
    // Of two runs that find it at once, the second finds it gone.
    if (!isAlive(pid)) spawnSync("userdel", [name]);
  }
}

function entries(): { readonly name: string; readonly ids: readonly number[] }[] {
  return readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name = "", , uid, gid]) => ({ name, ids: [Number(uid), Number(gid)] }));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Two that change the list of users at the same time wait for each other. */
function run(program: string, args: readonly string[], input = ""): void {
  const done = spawnSync(program, args, { input, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${program}: ${done.stderr}`);
}
