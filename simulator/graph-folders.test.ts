import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { GraphMail } from "./testing/graph-mail";
import { messageBody, type Answer } from "./testing/harness";

let mail: GraphMail;
beforeAll(async () => {
  mail = await GraphMail.start();
});
afterAll(() => mail.close());
beforeEach(() => mail.renew());

type Folder = { readonly id: string; readonly displayName: string };
type List = { readonly value: readonly Folder[]; readonly "@odata.nextLink"?: string };

const folders = "/users/ann@contoso.com/mailFolders";

function create(body: unknown, path = folders): Promise<Answer> {
  return mail.ask(path, { method: "POST", body });
}

async function list(query = ""): Promise<List> {
  return (await mail.ask(`${folders}${query}`)).json<List>();
}

it("has the folders that every mailbox has, in pages of ten", async () => {
  expect((await list()).value.map(({ displayName }) => displayName)).toEqual([
    "Archive",
    "Conversation History",
    "Deleted Items",
    "Drafts",
    "Inbox",
    "Junk Email",
    "Outbox",
    "Sent Items",
  ]);
  for (const displayName of ["A", "B", "C"]) await create({ displayName });
  const first = await list();
  expect(first.value).toHaveLength(10);
  const link = new URL(first["@odata.nextLink"] ?? "");
  expect((await mail.ask(`${link.pathname}${link.search}`)).json<List>().value).toHaveLength(1);
  expect((await list("?$top=100")).value).toHaveLength(11);
});

it("creates a folder once, whatever the case of its name", async () => {
  const made = await create({ displayName: "WhatsApp Archiver", isHidden: false });
  expect(made.status).toBe(201);
  const again = await create({ displayName: "whatsapp archiver" });
  expect(again.status).toBe(409);
  expect(again.json()).toMatchObject({
    error: {
      code: "ErrorFolderExists",
      message:
        "A folder with the specified name already exists., Could not create folder 'whatsapp archiver'.",
    },
  });
});

it("finds a folder by name, with single quotes doubled", async () => {
  await create({ displayName: "Ann's" });
  const filter = encodeURIComponent("displayName eq 'Ann''s'");
  const { value } = await list(`?$filter=${filter}&$select=id,displayName`);
  expect(value).toEqual([{ id: expect.any(String), displayName: "Ann's" }]);
});

it("lists a hidden folder only to who asks for hidden ones, and its name is taken all the same", async () => {
  await create({ displayName: "Secret", isHidden: true });
  expect((await list("?$top=50")).value).toHaveLength(8);
  expect((await list("?$top=50&includeHiddenFolders=true")).value).toHaveLength(9);
  expect((await create({ displayName: "Secret" })).status).toBe(409);
});

it("writes no other property than name and hiddenness", async () => {
  expect((await create({ displayName: "A", totalItemCount: 3 })).status).toBe(400);
  expect((await create({ displayName: "A", colour: "red" })).status).toBe(400);
  expect((await create({ displayName: " " })).status).toBe(400);
  expect((await create({ displayName: 7 })).status).toBe(400);
});

it("keeps a deleted folder, under its id, in Deleted Items, and frees its name", async () => {
  const { id } = (await create({ displayName: "WhatsApp Archiver" })).json<Folder>();
  const remove = () => mail.ask(`${folders}/${id}`, { method: "DELETE" });
  expect((await remove()).status).toBe(204);
  const bin = (await mail.ask(`${folders}/deleteditems`)).json<Folder>();
  expect((await mail.ask(`${folders}/${id}`)).json()).toMatchObject({
    displayName: "WhatsApp Archiver",
    parentFolderId: bin.id,
  });
  expect((await create({ displayName: "WhatsApp Archiver" })).status).toBe(201);
  expect((await remove()).status).toBe(204);
  expect((await mail.ask(`${folders}/${id}`)).status).toBe(404);
});

it("makes folders in folders, renames them and counts what is in them", async () => {
  const { id } = (await create({ displayName: "Parent" })).json<Folder>();
  const child = (
    await create({ displayName: "Child" }, `${folders}/${id}/childFolders`)
  ).json<Folder>();
  await create(messageBody("k1", { isRead: false }), `${folders}/${child.id}/messages`);
  await mail.ask(`${folders}/${child.id}`, {
    method: "PATCH",
    body: { displayName: "Renamed" },
  });
  const children = await mail.ask(`${folders}/${id}/childFolders`);
  expect(children.json()).toMatchObject({
    value: [{ displayName: "Renamed", totalItemCount: 1, unreadItemCount: 1 }],
  });
  expect((await list("?$top=50")).value).toHaveLength(9);
});

it("leaves the folders that every mailbox has alone", async () => {
  expect((await mail.ask(`${folders}/inbox`, { method: "DELETE" })).status).toBe(403);
  const rename = { method: "PATCH", body: { displayName: "Mine" } };
  expect((await mail.ask(`${folders}/inbox`, rename)).status).toBe(403);
});

it("refuses options it does not know", async () => {
  for (const query of ["$expand=childFolders", "$orderby=displayName", "$filter=colour eq 'x'"]) {
    expect((await mail.ask(`${folders}?${query}`)).status).toBe(400);
  }
});
