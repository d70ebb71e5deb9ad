/** A TCP connection made by us and not by the SSH library: with a deadline, and not to every address. */
import { BlockList, connect, isIPv6, type Socket } from "node:net";
import { onAbort } from "@/lib/adapters/on-abort";
import { SyncError } from "@/lib/core/errors";
import { sftpUnavailable } from "./failures";

export type SocketOptions = {
  /** This machine and what only it can reach; where real services are used nobody means them. */
  readonly mayReachItself: boolean;
  readonly connectMs: number;
};

export function openSocket(
  { host, port }: { readonly host: string; readonly port: number },
  { mayReachItself, connectMs }: SocketOptions,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // The library writes each request in two pieces, and the second would wait for an acknowledgement.
    const socket = connect({ host, port, autoSelectFamily: true, noDelay: true });
    const fail = (error: Error) => {
      stopListening();
      clearTimeout(deadline);
      socket.destroy();
      reject(error);
    };
    const stopListening = onAbort(signal, () => fail(new SyncError("Interrupted")));
    const deadline = setTimeout(() => fail(sftpUnavailable("No connection in time")), connectMs);
    socket.once("error", fail);
    socket.once("connect", () => {
      if (!mayReachItself && isOurs(socket.remoteAddress ?? "")) {
        fail(sftpUnavailable("The address is this machine's own"));
        return;
      }
      stopListening();
      clearTimeout(deadline);
      socket.off("error", fail);
      resolve(socket);
    });
    if (signal.aborted) fail(new SyncError("Interrupted"));
  });
}

const ours = new BlockList();
ours.addSubnet("127.0.0.0", 8, "ipv4");
ours.addSubnet("0.0.0.0", 8, "ipv4");
// Clouds tell a machine its secrets at a link-local address.
ours.addSubnet("169.254.0.0", 16, "ipv4");
ours.addAddress("::1", "ipv6");
ours.addSubnet("fe80::", 10, "ipv6");

function isOurs(address: string): boolean {
  return ours.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
