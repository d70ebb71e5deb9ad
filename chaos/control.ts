/** The simulator's control interface, as the harness uses it. */
export type Control = <T = unknown>(method: string, path: string, body?: unknown) => Promise<T>;

export function createControl(url: string): Control {
  return async <T>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(url + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 200)}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  };
}
