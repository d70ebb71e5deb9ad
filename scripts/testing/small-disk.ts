/** A file system of a few megabytes, to be filled: where this machine lets us have one, as root on Linux mostly. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function mayMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), "archiver-disk-"));
  const mayDo = mountSmallDisk(place) && unmountSmallDisk(place);
  rmSync(place, { recursive: true });
  return mayDo;
}

export function mountSmallDisk(at: string): boolean {
  return run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", at);
}

export function unmountSmallDisk(at: string): boolean {
  return run("umount", at);
}

/** Leaves no block free. @returns the file to remove */
export function fillDisk(dir: string): string {
  const { bavail, bsize } = statfsSync(dir);
  const path = join(dir, "ballast");
  writeFileSync(path, Buffer.alloc(bavail * bsize));
  return path;
}

function run(program: string, ...args: string[]): boolean {
  return spawnSync(program, args).status === 0;
}
