import { domain, people, registeredUsers } from "./default-world/cast";
import { Hour } from "./default-world/hour";
import { byHourOfDay, everyHour } from "./default-world/scenes";
import type { AttachmentInput, WorldInput } from "./world";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const keptMs = 5 * dayMs;
/** So far from now, nothing is generated: a window that ends a little ago is complete. */
const quietMs = 15 * 60_000;

/**
 * A company in the middle of its work. What happened in an hour is told from the hour alone, so a
 * simulator that is started again tomorrow tells the same of today, and has a fresh day besides.
 */
export function defaultWorld(tenantId: string, now: number): WorldInput {
  const records: unknown[] = [];
  const attachments: Record<string, AttachmentInput> = {};
  for (let number = Math.floor((now - keptMs) / hourMs); number * hourMs < now; number += 1) {
    const hour = new Hour(number);
    for (const scene of everyHour) scene(hour);
    byHourOfDay[hour.hourOfDay]?.(hour);
    records.push(...hour.records.filter((record) => isTold(record, now)));
    Object.assign(attachments, hour.attachments);
  }
  return {
    tenant: { id: tenantId, domain, name: "Contoso" },
    people,
    telemessage: {
      accountId: "contoso-4711",
      username: `archive@${domain}`,
      password: "Archive!2026",
      users: registeredUsers(new Date(now - hourMs).toISOString()),
      records,
      attachments,
    },
    latencyMs: { graph: 0, telemessage: 0 },
  };
}

function isTold(record: Readonly<Record<string, unknown>>, now: number): boolean {
  const receivedAt = Date.parse(String(record["gatewayReceivedDate"]));
  return receivedAt > now - keptMs && receivedAt < now - quietMs;
}
