"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import type { MappingProblem } from "@/lib/core/mapping";
import type { MappingFileView } from "@/lib/core/mapping-view";
import type { ActionResult } from "@/lib/core/view";
import { checkFile } from "./check-file";
import { sendFile } from "./send-file";
import type { UploadState } from "./upload-state";

/** What the browser itself has found in the file so far. */
export type LocalCheck = {
  readonly lines: number;
  readonly errors: number;
  readonly warnings: number;
  readonly problems: readonly MappingProblem[];
  /** Every line has been read; the file may have been refused before its end. */
  readonly isDone: boolean;
};

type Options = {
  readonly connectorId: string | null;
  readonly onFile: (file: MappingFileView) => void;
};

const nothingYet: LocalCheck = { lines: 0, errors: 0, warnings: 0, problems: [], isDone: false };

/** Checks a file in a worker while it is sent to the upload route, and tells how far both are. */
export function useUpload({ connectorId, onFile }: Options) {
  const [state, setState] = useState<UploadState>({ phase: "idle" });
  const [check, setCheck] = useState<LocalCheck>(nothingYet);
  const running = useRef<AbortController | null>(null);

  const cancel = useCallback(() => {
    running.current?.abort();
    setState({ phase: "idle" });
  }, []);
  // Whoever leaves the page takes the upload along.
  useEffect(() => () => running.current?.abort(), []);

  const start = useCallback(
    async (file: File, country: string) => {
      running.current?.abort();
      const abort = new AbortController();
      const { signal } = abort;
      running.current = abort;
      const tell = (next: UploadState) => {
        if (!signal.aborted) setState(next);
      };
      tell({ phase: "reading", fileName: file.name });
      setCheck(nothingYet);
      const request = { file, defaultCountry: country === "" ? null : country };
      const { digest } = checkFile(request, signal, (message) => {
        if (signal.aborted) return;
        if (message.kind === "done") setCheck((before) => ({ ...before, isDone: true }));
        else setCheck({ ...message, isDone: false });
      });
      const sha256 = await digest.catch(() => null);
      if (sha256 === null) {
        tell({ phase: "refused", message: unreadable });
        abort.abort();
        return;
      }
      const result = await sendFile({ file, sha256, country, connectorId, tell, signal }).catch(
        (): ActionResult<MappingFileView> => ({ ok: false, message: interrupted }),
      );
      if (signal.aborted) return;
      if (result.ok) onFile(result.value);
      tell(result.ok ? { phase: "idle" } : { phase: "refused", message: result.message });
      abort.abort();
    },
    [connectorId, onFile],
  );

  return { state, check, start, cancel };
}

const unreadable =
  "The file could not be read. Close it in other programs, make sure it is on this computer, and choose it again.";
const interrupted = "The upload was interrupted. Check the connection and choose the file again.";
