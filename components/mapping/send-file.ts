import type { MappingFileView } from "@/lib/core/mapping-view";
import type { ActionResult } from "@/lib/core/view";
import type { UploadState } from "./upload-state";

type Sending = {
  readonly file: File;
  readonly sha256: string;
  readonly country: string;
  readonly connectorId: string | null;
  readonly tell: (state: UploadState) => void;
  readonly signal: AbortSignal;
};

/** XMLHttpRequest, because fetch does not tell how much of a body has been sent. */
export function sendFile({ file, sha256, country, connectorId, tell, signal }: Sending) {
  return new Promise<ActionResult<MappingFileView>>((resolve, reject) => {
    const request = new XMLHttpRequest();
    const startedAt = performance.now();
    request.upload.onprogress = ({ loaded, total }) => {
      const elapsedMs = performance.now() - startedAt;
      const remainingMs = loaded > 0 ? (elapsedMs / loaded) * (total - loaded) : null;
      tell({ phase: "sending", fileName: file.name, sent: loaded, total, remainingMs });
    };
    request.upload.onload = () => tell({ phase: "keeping", fileName: file.name, total: file.size });
    request.onload = () => resolve(answerOf(request));
    request.onerror = () => reject(new Error("No answer"));
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    // Cancelled while the digest was being computed: then there is no event any more.
    if (signal.aborted) {
      reject(new DOMException("Cancelled", "AbortError"));
      return;
    }

    const query = new URLSearchParams({ name: file.name });
    if (country) query.set("country", country);
    if (connectorId) query.set("connector", connectorId);
    request.open("POST", `/api/mapping/upload?${query}`);
    request.setRequestHeader("Content-Type", "text/csv");
    request.setRequestHeader("X-Content-SHA256", sha256);
    const total = file.size;
    tell({ phase: "sending", fileName: file.name, sent: 0, total, remainingMs: null });
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
