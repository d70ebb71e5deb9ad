/** What comes round in a worker beside the tick, and how often. */
import { keepAuditHead } from "./services/audit-head";
import { directoryDuties } from "./services/sync/directory-duties";
import type { Duty } from "./services/sync/duties";
import { lookBackDuty } from "./services/sync/look-back";
import { mappingChangeDuty } from "./services/sync/mapping-change";
import { retainOriginals } from "./services/sync/retention";
import { releaseUnnamed, sweepReleased } from "./services/sync/sweep";
import { alarmDuty } from "./wiring-alarms";

const hourMs = 60 * 60_000;

export const duties: readonly Duty[] = [
  { name: "retention", everyMs: 24 * hourMs, work: retainOriginals },
  { name: "sweep", everyMs: hourMs, work: sweepReleased },
  { name: "unnamedBlobs", everyMs: 6 * hourMs, work: releaseUnnamed },
  { name: "auditHead", everyMs: 24 * hourMs, work: keepAuditHead },
  alarmDuty,
  lookBackDuty,
  mappingChangeDuty,
  ...directoryDuties,
];
