import ssh2, { type Connection, type Server } from "ssh2";
import type { Simulation } from "../simulation";
import { keepHostKey } from "./host-key";
import { type DropSession, serveRequests } from "./requests";

/** An SSH server that knows one user, TeleMessage's customer, and offers files and nothing else. */
export async function createSshServer(simulation: Simulation): Promise<Server> {
  const { privateKey } = await keepHostKey(simulation.settings.dataFolder);
  return new ssh2.Server({ hostKeys: [privateKey] }, (client) => serve(simulation, client));
}

function serve(simulation: Simulation, client: Connection): void {
  let session: DropSession | undefined;
  // Whoever goes away in the middle of something is nobody's trouble.
  client.on("error", () => undefined);
  client.on("authentication", (attempt) => {
    if (attempt.method !== "password") return attempt.reject(["password"]);
    session = signIn(simulation, client, attempt.username, attempt.password);
    if (session === undefined) attempt.reject(["password"]);
    else attempt.accept();
  });
  client.on("session", (accept) => {
    accept().on("sftp", (acceptSftp) => {
      const sftp = acceptSftp();
      sftp.on("error", () => undefined);
      if (session !== undefined) serveRequests(sftp, session);
    });
  });
}

function signIn(
  simulation: Simulation,
  client: Connection,
  username: string,
  password: string,
): DropSession | undefined {
  const { world } = simulation;
  const { account, drop } = world;
  const { outcome } = account.signIn(username, password);
  if (outcome !== "signed in" && outcome !== "no_archive_access") return undefined;
  const { signedOut } = account;
  return {
    drop,
    mayRead: () => outcome === "signed in",
    oldestAvailable: () => account.settings.oldestAvailable,
    isOver: () => simulation.world !== world || account.signedOut !== signedOut,
    end: () => client.end(),
  };
}
