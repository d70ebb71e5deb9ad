import {
  call,
  chat,
  crowd,
  direct,
  file,
  groups,
  pdf,
  react,
  remove,
  special,
  video,
} from "./acts";
import { employees, outsiders, type Employee, type Participant } from "./cast";
import { picture } from "./files";
import type { Conversation, Hour } from "./hour";
import type { Language } from "./lines";

/** Something that happens in an hour of the day, every day. */
export type Scene = (hour: Hour) => void;

const { alex, susan, jeff, megan, pradeep, anna, yara, noam, yuki, olga } = employees;
const { nestor, patti, debra, johanna, desk, miriam, henrietta, grady, stranger } = employees;

const mib = 1024 * 1024;
const tenMib = 10 * mib;

const languages: readonly (readonly [Employee, Language])[] = [
  [megan, "english"],
  [pradeep, "hindi"],
  [anna, "german"],
  [yara, "arabic"],
  [noam, "hebrew"],
  [yuki, "japanese"],
  [olga, "russian"],
  [nestor, "english"],
  [patti, "portuguese"],
  [debra, "english"],
  [johanna, "german"],
  [desk, "chinese"],
  [alex, "english"],
  [susan, "english"],
];

/** What goes on all day: an employee and a client, two employees, a group. */
export const everyHour: readonly Scene[] = [
  (hour) => {
    // In turn, so that every language is heard every day.
    const [employee, language] = languages[hour.number % languages.length] ?? [megan, "english"];
    const client = hour.random.pick(outsiders);
    const conversation = direct(employee, client);
    const owners = [employee];
    hour.add({ conversation, sender: client, owners, text: hour.say(language) });
    hour.add({ conversation, sender: employee, owners, text: hour.say(language) });
    hour.add({ conversation, sender: client, owners, text: hour.say("english") });
  },
  (hour) => {
    const [one, language] = hour.random.pick(languages);
    const [other] = hour.random.pick(languages.filter(([each]) => each !== one));
    // Both phones are archived, so the archive holds the message twice.
    const conversation = direct(one, other);
    hour.add({ conversation, sender: one, owners: [one, other], text: hour.say(language) });
  },
  (hour) => {
    const chosen = hour.random.pick(Object.values(groups));
    const owners = hour.random.next() < 0.5 ? chosen.owners : chosen.owners.slice(0, 2);
    const sender = hour.random.pick<Participant>(chosen.conversation.members);
    hour.add({ conversation: chosen.conversation, sender, owners, text: hour.say("english") });
  },
];

/** One hour of the day each, so that any 24 hours show everything there is. */
export const byHourOfDay: readonly Scene[] = [
  (hour) => {
    call(hour, megan, "VOICE", "ANSWERED", 3_723_000);
    call(hour, pradeep, "VOICE", "MISSED", 0);
  },
  (hour) => {
    call(hour, anna, "VIDEO", "REJECTED", 0);
    call(hour, johanna, "VOICE", "BUSY", 0);
    call(hour, nestor, "VIDEO", "ANSWERED", 62_000);
  },
  (hour) => {
    const image = { name: "IMG-20260101-WA0007.png", contentType: "image/png" };
    file(hour, megan, "IMAGE", "From the site visit", [
      { ...image, content: picture(hour.random) },
    ]);
    file(hour, debra, "IMAGE", undefined, [
      { ...image, name: "gone.jpg", content: { sizeBytes: 48_000, seed: "gone" }, isGone: true },
    ]);
  },
  (hour) => video(hour, megan, "exactly-10-MiB.mp4", [tenMib]),
  (hour) => video(hour, anna, "over-10-MiB.mp4", [tenMib + 2 * mib]),
  (hour) => video(hour, pradeep, "two-of-6-MiB.mp4", [6 * mib, 6 * mib]),
  (hour) => video(hour, patti, "just-below-10-MiB.mp4", [tenMib - 2048]),
  (hour) => {
    file(hour, anna, "FILE", "Der Vertrag", [pdf("Vertrag Größl – Entwurf 2.pdf")]);
    file(hour, yara, "FILE", undefined, [pdf("عقد الإيجار.pdf"), pdf("عقد الإيجار.pdf")]);
  },
  (hour) => {
    const voice = { name: "PTT-WA0003.opus", contentType: "audio/ogg; codecs=opus" };
    const noise = { sizeBytes: 180_000, seed: `voice ${hour.number}` };
    file(hour, yuki, "VOICE", undefined, [{ ...voice, content: noise }]);
    const wrong = { sizeBytes: 12, sha256: "0".repeat(64) };
    file(hour, olga, "AUDIO", undefined, [
      { name: "song.mp3", contentType: "audio/mpeg", content: noise, claims: wrong },
    ]);
  },
  (hour) => {
    const sticker = {
      name: "sticker.png",
      contentType: "image/png",
      content: picture(hour.random),
    };
    file(hour, nestor, "STICKER", undefined, [sticker]);
  },
  (hour) => {
    const location = { latitude: 47.6396, longitude: -122.1283, name: "Contoso HQ" };
    special(hour, johanna, "LOCATION", { location: { ...location, address: "1 Contoso Way" } });
  },
  (hour) => {
    const vcard =
      "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Hughes;Oliver\r\nFN:Oliver Hughes\r\nTEL:+447911123456\r\nEND:VCARD\r\n";
    special(hour, debra, "CONTACT", { contact: { vcard } });
  },
  (hour) => {
    const { conversation, owners } = groups.deal;
    const id = hour.add({ conversation, sender: megan, owners, text: "Signed! 🎉" });
    react(hour, id, "👏🏽");
    react(hour, id, "");
  },
  (hour) => {
    const poll = { question: "Where shall we have lunch?", options: ["Thai", "Pizza", "Canteen"] };
    const { conversation, owners } = groups.trading;
    hour.add({ conversation, sender: patti, owners, messageType: "POLL", more: { poll } });
  },
  (hour) => {
    const { conversation, owners, id } = chat(hour, megan, "Price is 110.25");
    const edited = { originalId: id, scope: "FOR_ALL", readState: "READ" };
    const text = "Price is 101.25 (typo, sorry)";
    hour.add({
      conversation,
      sender: megan,
      owners,
      messageType: "EDITED",
      text,
      more: { edited },
    });
  },
  (hour) => {
    remove(hour, pradeep, "FOR_ALL", "READ");
    remove(hour, anna, "FOR_ME", "UNREAD");
    remove(hour, olga, "FOR_ALL", "UNKNOWN");
    remove(hour, johanna, "FOR_ME", "READ");
  },
  (hour) => {
    const { conversation, owners } = groups.asia;
    const text = "田中 結希 added Susan";
    hour.add({ conversation, sender: yuki, owners, messageType: "SYSTEM", text });
  },
  (hour) => {
    special(hour, megan, "PAYMENT", { payment: { amount: "12.00", currency: "USD" } });
    // The phone's clock was wrong by fifty-five thousand years.
    special(hour, nestor, "CHAT", { text: "What time is it?", messageTime: 1_746_123_456_789_000 });
    hour.records.push({
      id: `wa-${hour.number.toString(36)}-odd`,
      revision: "1",
      gatewayReceivedDate: new Date(hour.number * 3_600_000 + 1_200_000).toISOString(),
      networkType: "WhatsApp",
      body: { messageType: "CHAT", text: "A record without conversation and owner" },
    });
  },
  (hour) => {
    const replyTo = { networkMessageId: "3EB0FFFFFFFFFFFFFFFFFF", excerpt: "Can you do Friday?" };
    special(hour, debra, "CHAT", { text: "Friday works.", replyTo });
    const { conversation, owners } = groups.trading;
    const excerpt = "Who takes the desk on Monday?";
    const asked = hour.add({ conversation, sender: johanna, owners, text: excerpt });
    const answered = { replyTo: { networkMessageId: asked, excerpt } };
    hour.add({ conversation, sender: debra, owners, text: "I do.", more: answered });
    special(hour, patti, "CHAT", { text: "No.", replyTo: { networkMessageId: asked } });
  },
  (hour) => {
    const { conversation, owners } = groups.middleEast;
    hour.add({ conversation, sender: yara, owners, text: hour.say("arabic") });
    hour.add({ conversation, sender: noam, owners, text: `${hour.say("hebrew")} (OK? 👍)` });
    hour.add({ conversation, sender: nestor, owners, text: `Mixed: ${hour.say("arabic")} = 42` });
  },
  (hour) => {
    for (const owner of [stranger, grady, henrietta, miriam])
      chat(hour, owner, hour.say("english"));
  },
  (hour) => {
    const members: Participant[] = [desk, ...outsiders];
    const conversation: Conversation = { id: "bc-desk-clients", type: "BROADCAST", members };
    const text = "Markets are closed on Monday.";
    hour.add({ conversation, sender: desk, owners: [desk], text });
    const name = "Clients in Asia";
    const named: Conversation = { id: "bc-desk-asia", type: "BROADCAST", name, members };
    hour.add({ conversation: named, sender: desk, owners: [desk], text });
    const [, somebody = megan] = crowd.members;
    const agenda = "The town hall begins at five.";
    hour.add({ conversation: crowd, sender: somebody, owners: [megan], text: agenda });
  },
  (hour) => {
    const conversation = direct(jeff, outsiders[4] ?? megan);
    hour.add({ conversation, sender: jeff, owners: [jeff], text: "Numbers are so last year." });
    chat(hour, alex, hour.say("english"));
    chat(hour, susan, hour.say("english"));
  },
  (hour) => {
    chat(hour, megan, `${"All work and no play makes Jack a dull boy. ".repeat(1500)}The end.`);
    chat(hour, nestor, `${"The whole log: nothing happened. ".repeat(36_000)}The end.`);
    chat(hour, yuki, hour.say("emoji"));
    chat(hour, patti, "");
  },
];
