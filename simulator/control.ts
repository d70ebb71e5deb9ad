import { deleteConsent, patchLatency, putLimits } from "./control/settings";
import { deleteFaults, listFaults, postFault } from "./control/faults";
import { dropPage, getDrop } from "./control/drop";
import { galleryPage } from "./control/gallery";
import { getEml, getMailbox, getMessages } from "./control/mailboxes";
import { patchPerson } from "./control/people";
import type { ControlHandler } from "./control/handler";
import { BadInput, readJson } from "./control/read";
import { deleteStats, getStats } from "./control/stats";
import { patchTelemessage, postRecords } from "./control/telemessage";
import { homePage, mailboxPage, messageBody, messageFile, messagePage } from "./control/pages";
import { header, json, type Reply, type Request } from "./http/reply";
import { router } from "./http/router";
import type { Door } from "./http/serve";
import { replaceWorld, type Simulation } from "./simulation";
import { parseWorld } from "./world";

const find = router<ControlHandler>([
  { method: "GET", pattern: "/health", handler: () => json(200, { ok: true }) },
  { method: "PUT", pattern: "/world", handler: putWorld },
  { method: "PATCH", pattern: "/people/{upn}", handler: patchPerson },
  { method: "PATCH", pattern: "/telemessage", handler: patchTelemessage },
  { method: "DELETE", pattern: "/consent", handler: deleteConsent },
  { method: "PATCH", pattern: "/latency", handler: patchLatency },
  { method: "PUT", pattern: "/limits", handler: putLimits },
  { method: "POST", pattern: "/records", handler: postRecords },
  { method: "GET", pattern: "/faults", handler: listFaults },
  { method: "POST", pattern: "/faults", handler: postFault },
  { method: "DELETE", pattern: "/faults", handler: deleteFaults },
  { method: "GET", pattern: "/mailboxes/{upn}", handler: getMailbox },
  { method: "GET", pattern: "/mailboxes/{upn}/messages", handler: getMessages },
  { method: "GET", pattern: "/mailboxes/{upn}/messages/{id}/eml", handler: getEml },
  { method: "GET", pattern: "/stats", handler: getStats },
  { method: "DELETE", pattern: "/stats", handler: deleteStats },
  { method: "GET", pattern: "/sftp", handler: getDrop },
  { method: "GET", pattern: "/drop", handler: dropPage },
  { method: "GET", pattern: "/", handler: homePage },
  { method: "GET", pattern: "/gallery", handler: galleryPage },
  { method: "GET", pattern: "/view/{upn}", handler: mailboxPage },
  { method: "GET", pattern: "/view/{upn}/{id}", handler: messagePage },
  { method: "GET", pattern: "/view/{upn}/{id}/body", handler: messageBody },
  { method: "GET", pattern: "/view/{upn}/{id}/files/{file}", handler: messageFile },
]);

/** Steers the three services, and shows what they hold. For people and tests, never for the product. */
export function controlDoor(simulation: Simulation): Door {
  return {
    service: "control",
    bodyLimitBytes: 256 * 1024 * 1024,
    latencyMs: () => 0,
    routeOf: () => "",
    tooLarge: () => json(413, { error: "A control request may have 256 MB." }),
    failed: (_request, thrown) => {
      if (thrown instanceof BadInput) return json(400, { error: thrown.message });
      process.stderr.write(`control: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
      return json(500, { error: String(thrown) });
    },
    async answer(request) {
      if (!isFromHere(request)) return json(403, { error: "Only programs on this machine." });
      const found = find(request.method, request.path);
      if (found.outcome === "found") {
        return found.handler(simulation, request, found.params);
      }
      const status = found.outcome === "method not allowed" ? 405 : 404;
      return json(status, { error: `There is no ${request.method} ${request.path}.` });
    },
  };
}

async function putWorld(simulation: Simulation, request: Request): Promise<Reply> {
  const input = parseWorld(readJson(request));
  await replaceWorld(simulation, input);
  const { directory, archive } = simulation.world;
  return json(200, { people: directory.everybody.length, records: archive.size });
}

/** A page of the internet that is open on this machine must not reach in here. */
function isFromHere({ method, headers }: Request): boolean {
  const host = (header(headers, "host") ?? "").replace(/:\d+$/, "");
  if (!["127.0.0.1", "localhost", "[::1]"].includes(host)) return false;
  const origin = header(headers, "origin");
  return method === "GET" || origin === undefined || origin === `http://${headers.host ?? ""}`;
}
