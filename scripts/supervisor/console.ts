/** What somebody at the terminal reads: progress with times, one line per misfortune, the summary. */
import type { Setup } from "./environment";

/** Counted from when the process began, so that the summary tells how long a start took. */
export function say(line: string): void {
  const seconds = (performance.now() / 1000).toFixed(1).padStart(6);
  process.stdout.write(`${seconds} s  ${line}\n`);
}

/** Says what was done and how long it took; what returns false had nothing to do and is not worth a line. */
export async function timed<T>(what: string, act: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await act();
  const took = ((performance.now() - from) / 1000).toFixed(1);
  if (result !== false) say(`${what} (${took} s)`);
  return result;
}

/** Where the simulated archive is delivered as files. */
export type Drop = { readonly port: number; readonly folder: string };

export function summary(
  { dataDir, port, simulator }: Setup,
  portalUrl: string,
  drop: Drop | null,
): string {
  const address = simulator ? `http://localhost:${port}` : portalUrl;
  const rows: [string, string][] = [["Portal", address]];
  if (simulator) {
    rows.push(
      ["Sign in as", "admin@contoso.com       creates connectors and grants consent"],
      ["", "compliance@contoso.com  creates connectors"],
      ["", "auditor@contoso.com     reads everything but message content"],
      ["TeleMessage", "username archive@contoso.com, password Archive!2026"],
      ...dropRows(drop),
      ["Arrived mail", `http://127.0.0.1:${simulator.control}/`],
    );
  }
  rows.push(["Data and logs", dataDir]);
  const lines = rows.map(([label, value]) => `  ${label.padEnd(15)}${value}`);
  const services = simulator ? "simulated services" : "real services";
  return [
    "",
    `WhatsApp Archiver is running with ${services}.`,
    "",
    ...lines,
    "",
    "Ctrl-C stops it.",
  ]
    .join("\n")
    .concat("\n");
}

function dropRows(drop: Drop | null): [string, string][] {
  if (drop === null) return [];
  const { port, folder } = drop;
  return [["by SFTP", `host 127.0.0.1, port ${port}, folder ${folder}; the same login`]];
}
