import { json } from "../http/reply";
import { storeAttachments } from "../simulation";
import type { AccountSettings, PageHabits } from "../telemessage/account";
import { readAttachments } from "../world";
import type { ControlHandler } from "./handler";
import {
  anything,
  BadInput,
  count,
  given,
  list,
  object,
  oneOf,
  optional,
  orNull,
  readJson,
  text,
  truth,
  type Reader,
} from "./read";

export const patchTelemessage: ControlHandler = ({ world }, request) => {
  const body = object(readJson(request), "The body");
  const { account } = world;
  const pages = optional(body, "pages", "", readPages);
  account.change({
    ...given<AccountSettings>({
      ...nothing,
      username: optional(body, "username", "", text),
      password: optional(body, "password", "", text),
      locked: optional(body, "locked", "", truth),
      archiveAccess: optional(body, "archiveAccess", "", truth),
      oldestAvailable: optional(body, "oldestAvailable", "", orNull(instant)),
      tokenTtlSeconds: optional(body, "tokenTtlSeconds", "", count),
      cursorTtlSeconds: optional(body, "cursorTtlSeconds", "", count),
      manifest: optional(body, "manifest", "", oneOf("true", "wrong")),
    }),
    ...(pages === undefined ? {} : { pages: { ...account.settings.pages, ...pages } }),
  });
  const { users: _, password: __, oldestAvailable, ...shown } = account.settings;
  return json(200, {
    ...shown,
    oldestAvailable: oldestAvailable === null ? null : new Date(oldestAvailable).toISOString(),
  });
};

export const postRecords: ControlHandler = async ({ world, blobs }, request) => {
  const body = object(readJson(request), "The body");
  const records = optional(body, "records", "", list(anything)) ?? [];
  const attachments = optional(body, "attachments", "", readAttachments) ?? {};
  // The bytes first: a record must never be seen before what it names.
  await storeAttachments(world.archive, blobs, attachments);
  world.archive.add(records);
  return json(200, { added: records.length, records: world.archive.size });
};

const nothing = {
  accountId: undefined,
  accountName: undefined,
  pages: undefined,
  users: undefined,
};

const readPages: Reader<Partial<PageHabits>> = (value, where) => {
  const pages = object(value, where);
  return given<PageHabits>({
    max: optional(pages, "max", where, orNull(count)),
    repeatEdge: optional(pages, "repeatEdge", where, truth),
    empty: optional(pages, "empty", where, truth),
    unsorted: optional(pages, "unsorted", where, truth),
    drift: optional(pages, "drift", where, truth),
  });
};

const instant: Reader<number> = (value, where) => {
  const at = Date.parse(text(value, where));
  if (Number.isNaN(at)) throw new BadInput(`${where} must be a date.`);
  return at;
};
