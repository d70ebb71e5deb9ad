import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DirectoryChanges } from "@/lib/ports/directory";
import {
  graphError,
  never,
  openDirectory,
  type SimulatedDirectory,
} from "@/lib/testing/simulated-directory";

let world: SimulatedDirectory;
beforeAll(async () => {
  world = await openDirectory();
});
afterAll(() => world.close());
beforeEach(() => world.settle([]));

describe("what changed", () => {
  const people = [
    { upn: "ann@contoso.com", displayName: "Ann" },
    { upn: "ben@contoso.com", displayName: "Ben" },
  ];

  test("since a link is told from it on, and nothing twice", async () => {
    await world.settle(people);
    const link = await world.directory.latestLink(never);
    const nothing = await changesSince(link);
    expect(nothing).toMatchObject({ changed: [], removed: [], isLast: true });
    const aliases = { proxyAddresses: ["smtp:annie@contoso.com"] };
    await world.simulator.control("PATCH", "/people/ann%40contoso.com", aliases);
    const ben = await world.userNamed("Ben");
    await world.simulator.control("PATCH", "/people/ben%40contoso.com", { removed: true });
    const told = await changesSince(nothing.link);
    expect(told.removed).toEqual([ben?.id]);
    expect(told.changed).toMatchObject([{ addresses: ["ann@contoso.com", "annie@contoso.com"] }]);
    expect(await changesSince(told.link)).toMatchObject({ changed: [], removed: [] });
  });

  test("comes in parts, each with the link to the next", async () => {
    await world.settle(Array.from({ length: 150 }, (_, at) => personNumber(at)));
    const link = await world.directory.latestLink(never);
    for (let at = 0; at < 150; at += 1) {
      await world.simulator.control("PATCH", `/people/p${at}%40contoso.com`, {
        mail: `m${at}@x.com`,
      });
    }
    const first = await changesSince(link);
    expect(first).toMatchObject({ isLast: false });
    const second = await changesSince(first.link);
    expect(second).toMatchObject({ isLast: true });
    expect(first.changed.length + second.changed.length).toBe(150);
  });

  test("of a person that Graph tells only in part is completed by a look at him", async () => {
    await world.settle(people);
    const ann = await world.userNamed("Ann");
    const link = await world.directory.latestLink(never);
    await answerDelta([{ id: ann?.id, proxyAddresses: ["smtp:new@contoso.com"] }]);
    const { changed } = await changesSince(link);
    expect(changed).toEqual([
      { ...ann, addresses: [...(ann?.addresses ?? []), "new@contoso.com"] },
    ]);
  });

  test("is completed for many at once, fifteen to a request", async () => {
    await world.settle(Array.from({ length: 40 }, (_, at) => personNumber(at)));
    const everyone = (await world.everybody()).filter(({ displayName }) => displayName !== "Admin");
    const link = await world.directory.latestLink(never);
    await answerDelta(everyone.map(({ id }) => ({ id, displayName: "New" })));
    await world.simulator.control("DELETE", "/stats");
    const { changed } = await changesSince(link);
    expect(changed.map(({ displayName }) => displayName)).toEqual(Array(40).fill("New"));
    expect(await world.simulator.requests("graph")).toMatchObject({ "GET /v1.0/users 200": 3 });
  });

  test("of a person told in part who is gone by then changes nothing", async () => {
    await world.settle(people);
    const link = await world.directory.latestLink(never);
    const id = "9b0c6f5e-2d1a-4c3b-9e8f-7a6b5c4d3e2f";
    await answerDelta([{ id, userPrincipalName: "gone@contoso.com" }, { id: "no guid" }, "nobody"]);
    expect(await changesSince(link)).toMatchObject({ changed: [], removed: [] });
  });

  test("names the same person twice: the later word counts", async () => {
    await world.settle(people);
    const ann = await world.userNamed("Ann");
    const link = await world.directory.latestLink(never);
    const removed = { id: ann?.id.toUpperCase(), "@removed": { reason: "deleted" } };
    await answerDelta([{ id: ann?.id, displayName: "New" }, removed]);
    expect(await changesSince(link)).toMatchObject({ changed: [], removed: [ann?.id] });
  });

  test.each([
    ["forgotten", async () => (await world.settle(people), "x")],
    ["refused", async () => `${world.simulator.urls.graph}/v1.0/users/delta?$deltatoken=nonsense`],
    ["of another host", async () => "https://graph.example.com/v1.0/users/delta?$deltatoken=x"],
    ["with a password", async () => world.simulator.urls.graph.replace("//", "//a:b@")],
    ["to something else", async () => `${world.simulator.urls.graph}/v1.0/me`],
    ["out of the version", async () => `${world.simulator.urls.graph}/v1.0/../beta/users/delta`],
    ["no link at all", async () => "users/delta"],
  ])("cannot be told from a link that is %s: everybody is to be read", async (_name, linkOf) => {
    const before = await world.directory.latestLink(never);
    const link = await linkOf();
    expect(await world.directory.changesSince(link === "x" ? before : link, never)).toBe("expired");
  });

  test.each([
    ["at an outage", { status: 503 }, "DirectoryUnavailable"],
    ["at a cut answer", { cutBodyAfter: 20 }, "DirectoryUnavailable"],
    ["at a page of HTML", { status: 200, body: "<html>" }, "DirectoryUnavailable"],
    ["at a pause", { status: 429 }, "DirectoryThrottled"],
    ["where it leads nowhere", { status: 200, body: { value: [] } }, "DirectoryUnavailable"],
    ["where it leads away", { status: 200, body: away("nextLink") }, "DirectoryUnavailable"],
    ["where it ends elsewhere", { status: 200, body: away("deltaLink") }, "DirectoryUnavailable"],
    [
      "without consent",
      { status: 403, body: graphError("Authorization_RequestDenied") },
      "ConsentRevoked",
    ],
  ] as const)("ends %s, and never with a link", async (_name, effect, code) => {
    const link = await world.directory.latestLink(never);
    const fault = { service: "graph", path: "/users/delta", effect } as const;
    await world.simulator.fault(fault);
    await expect(world.directory.changesSince(link, never)).rejects.toMatchObject({ code });
    await world.simulator.fault(fault);
    await expect(world.directory.latestLink(never)).rejects.toMatchObject({ code });
  });
});

function away(name: string) {
  const link = "https://graph.example.com/v1.0/users/delta?$deltatoken=x";
  return { value: [], [`@odata.${name}`]: link };
}

function personNumber(at: number) {
  return { upn: `p${at}@contoso.com`, displayName: `Person ${at}` };
}

async function changesSince(link: string): Promise<DirectoryChanges> {
  const changes = await world.directory.changesSince(link, never);
  if (changes === "expired") throw new Error("The link has expired");
  return changes;
}

function answerDelta(value: readonly unknown[]) {
  const link = `${world.simulator.urls.graph}/v1.0/users/delta?$deltatoken=later`;
  const effect = { status: 200, body: { value, "@odata.deltaLink": link } };
  return world.simulator.fault({ service: "graph", path: "/users/delta", effect });
}
