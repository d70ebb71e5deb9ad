/**
 * What was moved to `done/` still belongs to the delivery: a ledger that does not know of it, an older one
 * that was restored or that of a new connector, reads it from there. So moving can lose nothing.
 */
import type { SftpFile } from "./folder";

type DoneFile = SftpFile & { readonly path: string };

/** @param isUsed else that place is somebody else's business */
export function doneFiles(isUsed: boolean) {
  /** Listed once a session; what is moved meanwhile is known, or was moved because it is. */
  let listed: readonly DoneFile[] | null = null;
  const byName = new Map<string, DoneFile>();
  return {
    has: (name: string) => byName.has(name),
    pathOf: (name: string) => byName.get(name)?.path ?? name,
    add: (file: DoneFile) => byName.set(file.name, file),

    /** @param top what lies in the folder itself, which is newer than what was moved under its name */
    async beside(
      top: readonly SftpFile[],
      list: () => Promise<readonly DoneFile[]>,
    ): Promise<readonly SftpFile[]> {
      if (!isUsed) return [];
      if (listed === null) {
        listed = await list();
        for (const file of listed) byName.set(file.name, file);
      }
      for (const { name } of top) byName.delete(name);
      return [...byName.values()];
    },
  };
}
