/** A path pattern such as `/users/{id}/messages`, with what answers it. */
export type Route<Handler> = {
  readonly method: string;
  readonly pattern: string;
  readonly handler: Handler;
};

export type Found<Handler> = {
  readonly outcome: "found";
  readonly pattern: string;
  readonly params: Readonly<Record<string, string>>;
  readonly handler: Handler;
};

export type Lookup<Handler> =
  | Found<Handler>
  | { readonly outcome: "method not allowed"; readonly pattern: string }
  | { readonly outcome: "not found" }
  | { readonly outcome: "malformed" };

/** Patterns are grouped by their number of segments, so a request is compared with a handful. */
export function router<Handler>(routes: readonly Route<Handler>[]) {
  const byLength = new Map<number, { route: Route<Handler>; segments: string[] }[]>();
  for (const route of routes) {
    const segments = route.pattern.split("/");
    const group = byLength.get(segments.length) ?? [];
    group.push({ route, segments });
    byLength.set(segments.length, group);
  }

  return function find(method: string, path: string): Lookup<Handler> {
    const received = path.split("/");
    let otherMethod: string | undefined;
    for (const { route, segments } of byLength.get(received.length) ?? []) {
      if (!fits(segments, received)) continue;
      if (route.method !== method) {
        otherMethod ??= route.pattern;
        continue;
      }
      const params = readParams(segments, received);
      if (params === undefined) return { outcome: "malformed" };
      return { outcome: "found", pattern: route.pattern, params, handler: route.handler };
    }
    if (otherMethod !== undefined) return { outcome: "method not allowed", pattern: otherMethod };
    return { outcome: "not found" };
  };
}

function fits(segments: readonly string[], received: readonly string[]): boolean {
  return segments.every((segment, index) => {
    const value = received[index] ?? "";
    return segment.startsWith("{") ? value !== "" : segment === value;
  });
}

function readParams(
  segments: readonly string[],
  received: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  try {
    segments.forEach((segment, index) => {
      if (segment.startsWith("{")) {
        params[segment.slice(1, -1)] = decodeURIComponent(received[index] ?? "");
      }
    });
  } catch {
    return undefined;
  }
  return params;
}
