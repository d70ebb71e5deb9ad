import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentSearch, type SearchWishes } from "./content-search";
import { context, itemOf, messageOf } from "./item-builder";

const nothing = { person: "", conversation: "", day: "", connectorId: null };
const search = (wishes: Partial<SearchWishes>) => contentSearch({ ...nothing, ...wishes });
const query = (wishes: Partial<SearchWishes>) => {
  const result = search(wishes);
  return result.ok ? result.query : result.fields;
};
const ours = "subject:WhatsApp";

test("without any wish it finds whatever was imported", () => {
  expect(query({})).toBe(ours);
});

test("of one connector it finds what has its id in the body", () => {
  expect(query({ connectorId: context.connectorId })).toBe(`${ours} AND "${context.connectorId}"`);
});

test("wishes are combined", () => {
  const wishes = { person: "Bob Jones", conversation: "Sales Group", day: "2026-03-01" };

  expect(query({ ...wishes, connectorId: "c-1" })).toBe(
    `${ours} AND "c-1" AND (participants:"Bob Jones" OR "Bob Jones") AND "Sales Group" AND sent:2026-03-01`,
  );
});

describe("a person", () => {
  test.each([
    ["445204334324", `"445204334324"`],
    ["+44 5204 334324", `"445204334324"`],
    ["0044 (5204) 33-43.24", `"445204334324"`],
    ["05204 334324", `"5204334324"`],
    ["susan@contoso.com", `(participants:"susan@contoso.com" OR "susan@contoso.com")`],
    ["Bob Jones", `(participants:"Bob Jones" OR "Bob Jones")`],
    ["田中 結希", `(participants:"田中 結希" OR "田中 結希")`],
    ["O'Neill-Smith", `"O'Neill-Smith"`],
    ["US.1349", `"US.1349"`],
  ])("%s is looked for as %s", (person, part) => {
    expect(query({ person })).toBe(`${ours} AND ${part}`);
  });

  test.each([["+"], ["1234"], ["***"], ["“”"], ["( )"], ["👍"]])("%s is nobody", (person) => {
    expect(query({ person })).toEqual({ person: "Enter a number, a name or an address." });
  });
});

describe("a conversation", () => {
  test.each([
    ["Sales Group", `"Sales Group"`],
    ["14255550101-17@g.us", `"14255550101-17@g.us"`],
    ["Project Falcon 🦅 (2026)", `"Project Falcon 🦅 2026"`],
    [`"Quoted" AND (x:y) OR *`, `"Quoted AND x y OR"`],
    ["می\u200cخواهم", `"می\u200cخواهم"`],
    ["a\u0000b\r\nc\u202ed", `"a b c d"`],
  ])("%s is looked for as %s", (conversation, part) => {
    expect(query({ conversation })).toBe(`${ours} AND ${part}`);
  });
});

describe("a day", () => {
  test("is a day of UTC", () => {
    expect(query({ day: " 2026-03-01 " })).toBe(`${ours} AND sent:2026-03-01`);
  });

  test.each([["2026-02-30"], ["2026-13-01"], ["1.3.2026"], ["2026-03-01 OR x"]])(
    "%s is none",
    (day) => {
      expect(query({ day })).toEqual({ day: "Enter a day, such as 2026-03-01." });
    },
  );
});

test("every field that cannot be searched for is named, not only the first", () => {
  expect(query({ person: "?", conversation: "!", day: "x" })).toEqual({
    person: "Enter a number, a name or an address.",
    conversation: "Enter a name or an id with letters or digits.",
    day: "Enter a day, such as 2026-03-01.",
  });
});

test("whatever is typed, it stays within its quotes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), (one, other) => {
      const result = search({ person: one, conversation: other });
      if (!result.ok) return;
      const outside = result.query.replace(/"[^"]*"/g, "Q");
      expect(outside).toMatch(
        /^subject:WhatsApp(?: AND (?:Q|\(participants:Q OR Q\)))?(?: AND Q)?$/,
      );
      expect(result.query).not.toMatch(/[\p{Cc}\p{Cs}“”*]/u);
    }),
  );
});

test("what is looked for stands in the message: subject, names and body", () => {
  const conversation = { id: "14255550101-17@g.us", type: "GROUP", name: "Sales Group" };
  const message = messageOf(itemOf({ conversation }));
  const people = [message.from, ...message.to].map(({ name }) => name).join("\n");

  expect(message.subject).toContain("WhatsApp");
  for (const words of ["445204334324", "Bob Jones", "16175550123"]) {
    expect(people).toContain(words);
    expect(message.html).toContain(words);
  }
  for (const words of ["+445204334324", "5204334324", conversation.id, "Sales Group"]) {
    expect(message.html).toContain(words);
  }
  expect(message.html).toContain(context.connectorId);
  expect(message.subject).toContain("Sales Group");
});
