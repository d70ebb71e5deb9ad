/** Tomorrow's first item for every mailbox that was closed for a while: its success opens the mailbox again. */
import { chat } from "./mails";
import { leaver, mailboxOf, type Person } from "./people";
import { deedsOf, type Plan } from "./plan";
import { canonical, type RecordTruth, sha256 } from "./truth";

export function probeRecords(plan: Plan, receivedAt: Date): RecordTruth[] {
  const { seed, cast, storm } = plan;
  const write = plan.drop === null ? probe : mailProbe;
  const closed = deedsOf(storm).flatMap((deed) => {
    if (deed.kind === "fillMailbox") return [deed.upn];
    return deed.kind === "removePerson" ? [leaver] : [];
  });
  const mapping = { isMappedLater: false, isMappedAnew: false };
  return closed.flatMap((upn) => {
    const owner = cast.people.find((person) => mailboxOf(cast, person, mapping)?.upn === upn);
    return owner === undefined ? [] : [write(seed, owner, receivedAt)];
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

function mailProbe(seed: number, owner: Person, receivedAt: Date): RecordTruth {
  const found: RecordTruth[] = [];
  chat({
    ...{ people: [owner], text: `canary of the day after ${owner.name}` },
    nextId: () => `probe-${seed}-${owner.mobile}`,
    add(mail, item) {
      const label = `probe of ${owner.name}`;
      found.push({
        record: null,
        mail,
        sha256: sha256(mail),
        receivedAt,
        comes: "late",
        label,
        item,
      });
    },
  });
  const [only] = found;
  if (only === undefined) throw new Error("A chat is one mail");
  return only;
}
