import { employees, outsiders, type Employee, type Participant } from "./cast";
import { document } from "./files";
import type { Conversation, Hour } from "./hour";

const { alex, susan, megan, pradeep, anna, yara, noam, yuki, nestor } = employees;
const { patti, debra, johanna, desk, miriam } = employees;

/** The groups that people talk in, and whose members' phones are archived. */
export const groups = {
  deal: group("Project Falcon 🦅", [megan, pradeep, anna, alex], 0),
  middleEast: group("فريق الشرق الأوسط", [yara, noam, nestor], 3),
  trading: group("Trading floor", [desk, patti, debra, johanna, miriam], 1),
  asia: group("東京オフィス", [yuki, pradeep, susan], 3),
} as const;

function group(name: string, owners: readonly Employee[], outsider: number) {
  const guest = outsiders[outsider];
  const members = guest === undefined ? owners : [...owners, guest];
  const id = `${owners[0]?.value ?? "group"}-${name.length}@g.us`;
  const conversation: Conversation = { id, type: "GROUP", name, members };
  return { conversation, owners };
}

/** As many as WhatsApp lets into a group, one employee among them. */
const crowdSize = 1024;

export const crowd = crowded(megan);

function crowded(owner: Employee): Conversation {
  const members = Array.from({ length: crowdSize - 1 }, (_, index): Participant => {
    const number = String(index + 1).padStart(4, "0");
    return { type: "MOBILE", value: `49160555${number}`, firstName: "Member", lastName: number };
  });
  return {
    id: "town-hall-2026@g.us",
    type: "GROUP",
    name: "Town hall",
    members: [owner, ...members],
  };
}

export function direct(one: Participant, other: Participant): Conversation {
  const id = [one.value, other.value].sort().join("-");
  return { id: `${id}@s.whatsapp.net`, type: "DIRECT", members: [one, other] };
}

export function chat(hour: Hour, sender: Employee, text: string) {
  const conversation = direct(sender, hour.random.pick(outsiders));
  const owners = [sender];
  return { conversation, owners, id: hour.add({ conversation, sender, owners, text }) };
}

export function special(
  hour: Hour,
  sender: Employee,
  messageType: string,
  more: Readonly<Record<string, unknown>>,
): void {
  const conversation = direct(sender, hour.random.pick(outsiders));
  hour.add({ conversation, sender, owners: [sender], messageType, more });
}

export function call(
  hour: Hour,
  owner: Employee,
  kind: "VOICE" | "VIDEO",
  status: string,
  durationInMillis: number,
): void {
  const start = hour.number * 3_600_000 + hour.random.below(1_800_000);
  const details = {
    kind,
    status,
    startTime: start,
    endTime: start + durationInMillis,
    durationInMillis,
  };
  special(hour, owner, "CALL", { call: details });
}

export function file(
  hour: Hour,
  sender: Employee,
  messageType: string,
  text: string | undefined,
  files: Parameters<Hour["add"]>[0]["files"],
): void {
  const conversation = direct(sender, hour.random.pick(outsiders));
  hour.add({
    conversation,
    sender,
    owners: [sender],
    messageType,
    ...(text === undefined ? {} : { text }),
    ...(files === undefined ? {} : { files }),
  });
}

export function pdf(name: string) {
  return { name, contentType: "application/pdf", content: document(name) };
}

export function video(hour: Hour, sender: Employee, name: string, sizes: readonly number[]): void {
  const files = sizes.map((sizeBytes, index) => ({
    name,
    contentType: "video/mp4",
    // The same bytes every day: nothing is stored, and a large file is not made anew for each.
    content: { sizeBytes, seed: `${name} ${index}` },
  }));
  file(hour, sender, "VIDEO", "Have a look", files);
}

export function react(hour: Hour, networkMessageId: string, emoji: string): void {
  const { conversation, owners } = groups.deal;
  const reaction = { networkMessageId, emoji };
  hour.add({ conversation, sender: anna, owners, messageType: "REACTION", more: { reaction } });
}

export function remove(hour: Hour, sender: Employee, scope: string, readState: string): void {
  const { conversation, owners, id } = chat(hour, sender, "Please ignore this one");
  const deleted = { originalId: id, scope, readState };
  hour.add({ conversation, sender, owners, messageType: "DELETED", more: { deleted } });
}
