import { control } from "./control";
import { confirmKey, enterServer } from "./sftp-server";
import { acceptTerms, button, createImported, heading, rowOf } from "./steps";
import { expect, test } from "./test";
import { chats, type World } from "./world";

const waitMs = 60_000;

type Archived = {
  readonly id: string;
  readonly sentDateTime: string;
  readonly attachments: readonly { readonly name: string; readonly sha256: string }[];
};

test("the archive interface and SFTP bring the same messages to the same people", async ({
  page,
  world,
}) => {
  test.setTimeout(4 * waitMs);
  const { records, attachments } = everyKind(world);
  await control("POST", "/records", { records, attachments });
  await createImported(page, world);
  const before = await mailOf(world);
  expect(before.map((mails) => mails.length)).toEqual([12, 12]);

  const drop = (await control("GET", "/sftp")) as { port: number; folder: string; hostKey: string };
  await acceptTerms(page);
  await enterServer(page, { ...drop, host: "127.0.0.1", username: world.username });
  await page.getByLabel("Password").fill(world.password);
  await button(page, "Next").click();
  await expect(page.getByText(drop.hostKey)).toBeVisible({ timeout: waitMs });
  await confirmKey(page);
  await expect(heading(page, "User mapping")).toBeVisible({ timeout: waitMs });
  await button(page, "Next").click();
  await expect(page.getByText("Admin consent is granted")).toBeVisible();
  await button(page, "Next").click();
  const name = `By SFTP ${world.key}`;
  await page.getByLabel("Connector name").fill(name);
  await button(page, "Finish").click();
  await expect(rowOf(page, name)).toContainText("Completed", { timeout: waitMs });

  const after = await mailOf(world);
  const added = after.map((mails, person) => {
    const known = new Set(before[person]?.map(({ id }) => id));
    return mails.filter(({ id }) => !known.has(id));
  });
  expect(added.map((mails) => mails.map(told).sort())).toEqual(
    before.map((mails) => mails.map(told).sort()),
  );
});

/** When it was said, to the second as a mail tells it, and what it brought along. */
function told({ sentDateTime, attachments }: Archived): string {
  return [sentDateTime.slice(0, 19), ...attachments.map(({ sha256 }) => sha256)].join(" ");
}

async function mailOf({ alice, bob }: World): Promise<Archived[][]> {
  const folder = encodeURIComponent("WhatsApp Archiver");
  const answers = [alice, bob].map(async ({ upn }) => {
    const path = `/mailboxes/${upn}/messages?folder=${folder}`;
    return ((await control("GET", path)) as { readonly messages: Archived[] }).messages;
  });
  return Promise.all(answers);
}

/** Beside the chats that every world has: a call, a deletion, an edit, a group, and a file. */
function everyKind(world: World) {
  const conversation = { id: "group", type: "GROUP", name: "Sales Group" };
  const call = { kind: "VIDEO", status: "ANSWERED", durationInMillis: 62_000 };
  const changed = { originalId: "NET-1", scope: "FOR_ALL", readState: "READ" };
  const file = {
    id: `file-${world.key}`,
    name: "Vertrag Größl.pdf",
    contentType: "application/pdf",
  };
  const bodies = [
    { messageType: "CALL", text: undefined, call },
    { messageType: "DELETED", deleted: changed },
    { messageType: "EDITED", edited: changed },
    { conversation },
    { messageType: "FILE", attachments: [file] },
  ];
  const records: unknown[] = chats(world, bodies.length, "kind").map((chat, index) => {
    const { body, ...record } = chat as { readonly body: object };
    return { ...record, body: { ...body, ...bodies[index] } };
  });
  // Both phones hold the same message, and nobody is to get it twice.
  const [one, other] = chats(world, 2, "copy") as readonly { readonly body: object }[];
  const owner = Reflect.get(other?.body ?? {}, "owner") as unknown;
  records.push(one, { ...one, id: `twin-${world.key}`, body: { ...one?.body, owner } });
  return { records, attachments: { [file.id]: { sizeBytes: 300_000, seed: world.key } } };
}
