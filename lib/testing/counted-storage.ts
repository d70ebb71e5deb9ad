import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import { inject, onTestFinished } from "vitest";

/** Azurite behind a door that counts what goes through, and can lose one answer. */
export async function countedStorage({ loseFirstAnswerTo }: { loseFirstAnswerTo?: RegExp } = {}) {
  const connectionString = inject("TEST_STORAGE_CONNECTION_STRING");
  const target = new URL(/BlobEndpoint=([^;]+)/.exec(connectionString)?.[1] ?? "");
  const requests: string[] = [];
  const state = { lost: 0 };
  const server = createServer((incoming, reply) => {
    const { method, url: path, headers } = incoming;
    requests.push(String(method));
    const isLost = state.lost === 0 && loseFirstAnswerTo?.test(`${method} ${path}`);
    if (isLost) state.lost += 1;
    const { hostname, port } = target;
    const onward = forward({ hostname, port, method, path, headers }, (answer) => {
      if (isLost) {
        answer.resume();
        answer.on("end", () => incoming.socket.destroy());
        return;
      }
      reply.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(reply);
    });
    onward.on("error", () => reply.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    connectionString: connectionString.replaceAll(target.host, `127.0.0.1:${port}`),
    requests,
    get lost() {
      return state.lost;
    },
  };
}
