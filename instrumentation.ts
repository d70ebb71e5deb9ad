/** What the portal's process does besides answering: it watches for alarms, and logs what pages throw. */
import type { Instrumentation } from "next";

// Replaced when the portal is built, once for each runtime: what Node has must not come into the other one.
// eslint-disable-next-line no-restricted-properties
const isNode = process.env.NEXT_RUNTIME === "nodejs";

export async function register(): Promise<void> {
  if (!isNode) return;
  const { beginWatch } = await import("./app/_server/watch");
  beginWatch();
}

export const onRequestError: Instrumentation.onRequestError = async (
  _thrown,
  request,
  { routePath },
) => {
  if (!isNode) return;
  const { notePageError } = await import("./app/_server/watch");
  notePageError(request.method, routePath);
};
