import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Harness, world, type Answer } from "./testing/harness";

let harness: Harness;
let token: string;

const people = [
  ...world().people,
  {
    id: "11111111-2222-4333-8444-555555555555",
    upn: "deb@contoso.com",
    mail: "debra.berger@contoso.com",
    proxyAddresses: ["SMTP:debra.berger@contoso.com", "smtp:d@contoso.com", "sip:deb@contoso.com"],
    displayName: "Debra O'Neil",
    mailbox: "ok" as const,
  },
  {
    upn: "rob_fabrikam.com#EXT#@contoso.com",
    mail: "rob@fabrikam.com",
    displayName: "Rob Guest",
    userType: "Guest",
    mailbox: "none" as const,
  },
];

beforeAll(async () => {
  harness = await Harness.open();
});
afterAll(() => harness.close());
beforeEach(async () => {
  await harness.putWorld({ people });
  token = await harness.consentedToken();
});

type User = Record<string, unknown> & { readonly id: string };
type List = {
  readonly value: readonly User[];
  readonly "@odata.nextLink"?: string;
  readonly "@odata.deltaLink"?: string;
};

function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return harness.graph(path, token, { headers });
}

async function list(query: string, headers: Record<string, string> = {}): Promise<List> {
  const answer = await get(`/users?${query}`, headers);
  expect(answer.status).toBe(200);
  return answer.json<List>();
}

async function follow(link: string | undefined): Promise<Answer> {
  const { pathname, search } = new URL(link ?? "");
  return get(`${pathname}${search}`);
}

const upns = ({ value }: List) => value.map(({ userPrincipalName }) => userPrincipalName);
const filtered = (filter: string) => list(`$filter=${encodeURIComponent(filter)}`);

describe("one user", () => {
  it("is found by id and by user principal name in any case", async () => {
    const byName = await get("/users/DEB@contoso.com");
    expect(byName.json()).toMatchObject({ displayName: "Debra O'Neil" });
    expect(byName.json()).not.toHaveProperty("proxyAddresses");
    const byId = await get("/users/11111111-2222-4333-8444-555555555555?$select=mail");
    const { "@odata.context": _, ...shown } = byId.json();
    expect(shown).toEqual({ mail: "debra.berger@contoso.com" });
    const guest = encodeURIComponent("rob_fabrikam.com#EXT#@contoso.com");
    expect((await get(`/users/${guest}?$select=userType`)).json()).toMatchObject({
      userType: "Guest",
    });
  });

  it("is not there by a mere alias, or when nobody has the name", async () => {
    for (const name of ["d@contoso.com", "nobody@contoso.com"]) {
      const answer = await get(`/users/${name}`);
      expect(answer.status).toBe(404);
      expect(answer.json()).toMatchObject({ error: { code: "Request_ResourceNotFound" } });
    }
  });

  it("has an Exchange plan exactly if there is a mailbox of one's own", async () => {
    const plans = async (upn: string) =>
      (await get(`/users/${upn}?$select=assignedPlans`)).json<{ assignedPlans: unknown[] }>()
        .assignedPlans;
    expect(await plans("ann@contoso.com")).toMatchObject([
      { service: "exchange", capabilityStatus: "Enabled" },
    ]);
    expect(await plans("none@contoso.com")).toEqual([]);
  });

  it("keeps the id that a name gives, from world to world", async () => {
    const { id } = (await get("/users/ann@contoso.com?$select=id")).json<User>();
    await harness.putWorld();
    token = await harness.consentedToken();
    expect((await get("/users/ann@contoso.com?$select=id")).json()).toMatchObject({ id });
  });
});

describe("many users", () => {
  it("come in pages of $top with a link that continues", async () => {
    const first = await list("$top=4&$select=id,userPrincipalName");
    expect(first.value).toHaveLength(4);
    const second = (await follow(first["@odata.nextLink"])).json<List>();
    expect([...upns(first), ...upns(second)]).toEqual(people.map(({ upn }) => upn));
    expect(second).not.toHaveProperty("@odata.nextLink");
    expect(Object.keys(second.value[0] ?? {}).sort()).toEqual(["id", "userPrincipalName"]);
  });

  it("come 999 at a time at most", async () => {
    expect((await get("/users?$top=999")).status).toBe(200);
    expect((await get("/users?$top=1000")).status).toBe(400);
  });

  it("are found by mail, by name, and by any address in any case", async () => {
    expect(upns(await filtered("mail eq 'DEBRA.berger@contoso.com'"))).toEqual(["deb@contoso.com"]);
    expect(upns(await filtered("userPrincipalName eq 'ann@contoso.com'"))).toEqual([
      "ann@contoso.com",
    ]);
    expect(upns(await filtered("proxyAddresses/any(p:p eq 'smtp:D@contoso.com')"))).toEqual([
      "deb@contoso.com",
    ]);
    expect(upns(await filtered("displayName eq 'Debra O''Neil'"))).toEqual(["deb@contoso.com"]);
    expect(upns(await filtered("mail in ('ann@contoso.com','full@contoso.com')"))).toEqual([
      "ann@contoso.com",
      "full@contoso.com",
    ]);
    expect(
      upns(
        await filtered(
          "mail eq 'ann@contoso.com' or proxyAddresses/any(x:x eq 'smtp:d@contoso.com')",
        ),
      ),
    ).toEqual(["ann@contoso.com", "deb@contoso.com"]);
    expect(upns(await filtered("userType eq 'Guest' and startswith(displayName,'rob')"))).toEqual([
      "rob_fabrikam.com#EXT#@contoso.com",
    ]);
  });

  it("take fifteen alternatives and refuse sixteen", async () => {
    const alternatives = (count: number) =>
      Array.from({ length: count }, (_, index) => `mail eq 'a${index}@contoso.com'`).join(" or ");
    expect((await filtered(alternatives(15))).value).toEqual([]);
    const answer = await get(`/users?$filter=${encodeURIComponent(alternatives(16))}`);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      error: {
        code: "Request_UnsupportedQuery",
        message:
          "Too many child clauses specified in search filter expression containing 'OR' operators: 16. Max allowed: 15.",
      },
    });
  });

  it.each([
    "$filter=proxyAddresses/any(p:startswith(p,'smtp:a'))",
    "$filter=jobTitle eq 'x'",
    "$filter=mail eq",
    "$select=colour",
    "$orderby=displayName",
    "$search=ann",
    "$expand=manager",
    "$skip=3",
    "$skiptoken=abc",
    "$count=true",
  ])("refuse the query %s", async (query) => {
    expect((await get(`/users?${query}`)).status).toBe(400);
  });

  it("are counted for who asks for eventual consistency", async () => {
    const counted = await list("$count=true&$top=1", { ConsistencyLevel: "eventual" });
    expect(counted).toMatchObject({ "@odata.count": people.length });
  });

  it("are looked up by up to a thousand ids", async () => {
    const ids = ["11111111-2222-4333-8444-555555555555", "00000000-0000-4000-8000-000000000000"];
    const ask = (body: unknown) =>
      harness.graph("/directoryObjects/getByIds", token, { method: "POST", body });
    const found = await ask({ ids, types: ["user"] });
    expect(found.json<List>().value.map(({ id }) => id)).toEqual([ids[0]]);
    expect((await ask({ ids: Array(1001).fill(ids[0]) })).status).toBe(400);
  });
});

describe("delta queries", () => {
  const select = "$select=id,userPrincipalName,mail,proxyAddresses";

  async function latest(): Promise<string> {
    const answer = await get(`/users/delta?$deltatoken=latest&${select}`);
    expect(answer.json<List>().value).toEqual([]);
    return answer.json<List>()["@odata.deltaLink"] ?? "";
  }

  it("tell everybody first, in pages, and then only what changed", async () => {
    const first = (await get(`/users/delta?${select}&$top=5`)).json<List>();
    expect(first.value).toHaveLength(5);
    const second = (await follow(first["@odata.nextLink"])).json<List>();
    expect(second.value).toHaveLength(2);
    const nothing = (await follow(second["@odata.deltaLink"])).json<List>();
    expect(nothing.value).toEqual([]);
    await harness.control("PATCH", "/people/ann%40contoso.com", { mail: "new@contoso.com" });
    const changed = (await follow(nothing["@odata.deltaLink"])).json<List>();
    expect(changed.value).toMatchObject([
      { userPrincipalName: "ann@contoso.com", mail: "new@contoso.com" },
    ]);
    expect((await follow(changed["@odata.deltaLink"])).json<List>().value).toEqual([]);
  });

  it("begin now with the token latest, and tell of who was removed", async () => {
    const link = await latest();
    const { id } = (await get("/users/ann@contoso.com?$select=id")).json<User>();
    await harness.control("PATCH", "/people/ann%40contoso.com", { removed: true });
    const answer = (await follow(link)).json<List>();
    expect(answer.value).toEqual([{ id, "@removed": { reason: "changed" } }]);
    expect((await follow(link)).json<List>().value).toHaveLength(1);
    await harness.control("PATCH", "/people/ann%40contoso.com", { removed: false });
    const back = (await follow(answer["@odata.deltaLink"])).json<List>();
    expect(back.value).toMatchObject([{ id, mail: "ann@contoso.com" }]);
  });

  it("tell a change that falls between two pages in the next round", async () => {
    const first = (await get(`/users/delta?${select}&$top=5`)).json<List>();
    await harness.control("PATCH", "/people/admin%40contoso.com", { mail: "x@contoso.com" });
    const second = (await follow(first["@odata.nextLink"])).json<List>();
    expect(upns(second)).not.toContain("admin@contoso.com");
    const third = (await follow(second["@odata.deltaLink"])).json<List>();
    expect(third.value).toMatchObject([{ mail: "x@contoso.com" }]);
  });

  it("answer 410 to a token of another world, and 400 to what is no token", async () => {
    const link = await latest();
    await harness.putWorld({ people });
    token = await harness.consentedToken();
    const answer = await follow(link);
    expect(answer.status).toBe(410);
    expect(answer.headers.get("location")).toMatch(/\/v1\.0\/users\/delta$/);
    expect((await get("/users/delta?$deltatoken=abc")).status).toBe(400);
  });

  it("take a filter on ids, and no other", async () => {
    const id = "11111111-2222-4333-8444-555555555555";
    const answer = await get(`/users/delta()?$filter=${encodeURIComponent(`id eq '${id}'`)}`);
    expect(answer.json<List>().value.map((user) => user.id)).toEqual([id]);
    expect((await get("/users/delta?$filter=mail eq 'x'")).status).toBe(400);
  });
});
