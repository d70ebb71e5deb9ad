/**
 * Stands in for portal, simulator and worker in the supervisor's own tests. Appends what happens to it to the file
 * of STAND_IN_JOURNAL; STAND_IN_STUBBORN names the one that does not stop when asked.
 */
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";

const [kind, port] = process.argv.slice(2);
const journal = process.env.STAND_IN_JOURNAL;
const note = (event) => journal && appendFileSync(journal, `${kind} ${event}\n`);

const server = createServer((_request, response) => response.end("ok"));
const portOf = { portal: port, simulator: process.env.SIM_CONTROL_PORT, worker: 0 };
server.listen(Number(portOf[kind]), "127.0.0.1", () => note("started"));

let asked = 0;
process.on("SIGTERM", () => {
  asked += 1;
  note("asked to stop");
  if (process.env.STAND_IN_STUBBORN === kind && asked === 1) return;
  note("stopped");
  process.exit(0);
});
