/** Tomorrow's first item for every mailbox that was closed for a while: its success opens the mailbox again. */
import { leaver, mailboxOf, type Person } from "./people";
import { deedsOf, type Plan } from "./plan";
import { canonical, type RecordTruth, sha256 } from "./truth";

export function probeRecords({ seed, cast, storm }: Plan, receivedAt: Date): RecordTruth[] {
  const closed = deedsOf(storm).flatMap((deed) => {
    if (deed.kind === "fillMailbox") return [deed.upn];
    return deed.kind === "removePerson" ? [leaver] : [];
  });
  const mapping = { isMappedLater: false, isMappedAnew: false };
  return closed.flatMap((upn) => {
    const owner = cast.people.find((person) => mailboxOf(cast, person, mapping)?.upn === upn);
    return owner === undefined ? [] : [probe(seed, owner, receivedAt)];
  });
}

function probe(seed: number, owner: Person, receivedAt: Date): RecordTruth {
  const text = `canary of the day after ${owner.name}`;
  const person = {
    ...{ type: "MOBILE", value: owner.mobile, firstName: owner.name },
    ...(owner.email === null ? {} : { email: owner.email }),
  };
  const record = {
    ...{ id: `probe-${seed}-${owner.mobile}`, revision: "1" },
    gatewayReceivedDate: receivedAt.toISOString(),
    ...{ networkType: "WhatsApp", sourceType: "CLOUD_ARCHIVER" },
    body: {
      ...{ messageType: "CHAT", direction: "INCOMING", text, messageTime: receivedAt.getTime() },
      conversation: { id: "probe", type: "DIRECT" },
      ...{ owner: person, sender: person, recipients: [person] },
    },
  };
  return {
    ...{ record, sha256: sha256(canonical(record)), receivedAt, comes: "late" },
    label: `probe of ${owner.name}`,
    item: {
      ...{ outcome: "item", owner, people: [owner], text, files: [], extras: [] },
      ...{ isTooLarge: false, group: null },
    },
  };
}
