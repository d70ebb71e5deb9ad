import { setMaxListeners } from "node:events";

const unlimited = new WeakSet<AbortSignal>();

/**
 * Listens to a signal and answers with how to stop listening. A worker's signal lives as long as the
 * process and has hundreds of requests at once, so listeners are always taken off again, and Node's
 * warning about more than ten of them means nothing here.
 */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (!unlimited.has(signal)) setMaxListeners(0, signal);
  unlimited.add(signal);
  signal.addEventListener("abort", stop, { once: true });
  return () => signal.removeEventListener("abort", stop);
}
