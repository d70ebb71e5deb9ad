import type { DeliveredFile, ListedFile } from "@/lib/core/delivered-file";
import type { SyncWindow } from "@/lib/core/window";

/** The ledger of a delivery's files. */
export type DeliveredFileStore = {
  /** Files of the window that were read or refused, as they were then. */
  deliveredFiles(
    tenantId: string,
    connectorId: string,
    window: SyncWindow,
  ): Promise<readonly DeliveredFile[]>;
  /** Of these names the files that are done, as they were then, and whose run has everything of them staged. */
  settledFiles(
    tenantId: string,
    connectorId: string,
    names: readonly string[],
  ): Promise<readonly ListedFile[]>;
  /**
   * What was seen of files. One that is done stays done until it is another file. One that is not done
   * and no longer seen in its window is gone, which is a gap that names it; it ends when the file is
   * there again. One under a name it does not keep is forgotten.
   */
  noteFiles(
    tenantId: string,
    connectorId: string,
    seen: {
      readonly window: SyncWindow;
      readonly files: readonly DeliveredFile[];
      readonly others: readonly DeliveredFile[];
    },
  ): Promise<void>;
  /** Windows that were transferred and hold a file which is not done are looked back at once more. */
  askForFilesAgain(tenantId: string, connectorId: string): Promise<void>;
  /** Whether the server let what is done be moved. */
  noteMoves(
    tenantId: string,
    connectorId: string,
    outcome: { readonly isRefused: boolean },
  ): Promise<void>;
};
