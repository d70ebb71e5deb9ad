import type { CheckMessage, CheckRequest } from "./check-messages";

export type FileCheck = {
  /** SHA-256 of the bytes, as soon as it is known; rejects when the file cannot be read. */
  readonly digest: Promise<string>;
};

type Listener = (message: Exclude<CheckMessage, { kind: "digest" | "unreadable" }>) => void;

/** Begins to check a file beside the page, which stays as quick as it was. */
export function checkFile(request: CheckRequest, signal: AbortSignal, listen: Listener): FileCheck {
  const worker = new Worker(new URL("./check-worker.ts", import.meta.url), { type: "module" });
  const end = () => worker.terminate();
  signal.addEventListener("abort", end, { once: true });
  let isDone = false;
  let hasDigest = false;
  const digest = new Promise<string>((resolve, reject) => {
    worker.addEventListener("error", () => reject(new Error("The check broke off")));
    worker.addEventListener("message", ({ data }: MessageEvent<CheckMessage>) => {
      if (data.kind === "unreadable") reject(new Error("The file could not be read"));
      else if (data.kind === "digest") resolve(data.sha256);
      else listen(data);
      hasDigest ||= data.kind === "digest";
      isDone ||= data.kind === "done";
      if (hasDigest && isDone) end();
    });
  });
  worker.postMessage(request);
  return { digest };
}
