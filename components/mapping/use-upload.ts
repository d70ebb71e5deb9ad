"use client";

import { useCallback, useRef, useState } from "react";
import type { ActionResult, MappingFileView } from "@/lib/core/view";

export type UploadState =
  | { readonly phase: "idle" }
  /** The browser reads the file to compute its digest. */
  | { readonly phase: "reading"; readonly fileName: string }
  | {
      readonly phase: "sending";
      readonly fileName: string;
      readonly sent: number;
      readonly total: number;
      readonly remainingMs: number | null;
    }
  /** Every byte is there; the portal reads the lines. */
  | { readonly phase: "checking"; readonly fileName: string; readonly total: number }
  | { readonly phase: "refused"; readonly message: string };

type Options = {
  readonly connectorId: string | null;
  readonly onFile: (file: MappingFileView) => void;
};

/** Sends one file to the upload route, with its length and SHA-256, and tells how far it is. */
export function useUpload({ connectorId, onFile }: Options) {
  const [state, setState] = useState<UploadState>({ phase: "idle" });
  const running = useRef<AbortController | null>(null);

  const cancel = useCallback(() => {
    running.current?.abort();
    setState({ phase: "idle" });
  }, []);

  const start = useCallback(
    async (file: File, country: string) => {
      running.current?.abort();
      const abort = new AbortController();
      running.current = abort;
      const tell = (next: UploadState) => {
        if (!abort.signal.aborted) setState(next);
      };
      try {
        tell({ phase: "reading", fileName: file.name });
        const sha256 = await digestOf(file);
        const result = await send({
          file,
          sha256,
          country,
          connectorId,
          tell,
          signal: abort.signal,
        });
        if (abort.signal.aborted) return;
        if (result.ok) onFile(result.value);
        tell(result.ok ? { phase: "idle" } : { phase: "refused", message: result.message });
      } catch {
        tell({
          phase: "refused",
          message: "The upload was interrupted. Check the connection and choose the file again.",
        });
      }
    },
    [connectorId, onFile],
  );

  return { state, start, cancel };
}

async function digestOf(file: File): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

type Sending = {
  readonly file: File;
  readonly sha256: string;
  readonly country: string;
  readonly connectorId: string | null;
  readonly tell: (state: UploadState) => void;
  readonly signal: AbortSignal;
};

/** XMLHttpRequest, because fetch does not tell how much of a body has been sent. */
function send({ file, sha256, country, connectorId, tell, signal }: Sending) {
  return new Promise<ActionResult<MappingFileView>>((resolve, reject) => {
    const request = new XMLHttpRequest();
    const startedAt = performance.now();
    request.upload.onprogress = ({ loaded, total }) => {
      const elapsedMs = performance.now() - startedAt;
      const remainingMs = loaded > 0 ? (elapsedMs / loaded) * (total - loaded) : null;
      tell({ phase: "sending", fileName: file.name, sent: loaded, total, remainingMs });
    };
    request.upload.onload = () =>
      tell({ phase: "checking", fileName: file.name, total: file.size });
    request.onload = () => resolve(answerOf(request));
    request.onerror = () => reject(new Error("No answer"));
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });

    const query = new URLSearchParams({ name: file.name });
    if (country) query.set("country", country);
    if (connectorId) query.set("connector", connectorId);
    request.open("POST", `/api/mapping/upload?${query}`);
    request.setRequestHeader("Content-Type", "text/csv");
    request.setRequestHeader("X-Content-SHA256", sha256);
    request.send(file);
  });
}

function answerOf(request: XMLHttpRequest): ActionResult<MappingFileView> {
  try {
    return JSON.parse(request.responseText) as ActionResult<MappingFileView>;
  } catch {
    return { ok: false, message: `The portal did not take the file (status ${request.status}).` };
  }
}
