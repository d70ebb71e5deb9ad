import { json } from "../http/reply";
import type { PersonChanges } from "../state/directory";
import { readMailboxState } from "../world";
import type { ControlHandler } from "./handler";
import { given, list, object, optional, orNull, readJson, text, truth } from "./read";

export const patchPerson: ControlHandler = ({ world }, request, { upn = "" }) => {
  const body = object(readJson(request), "The body");
  const changes: PersonChanges = given<Required<PersonChanges>>({
    mailbox: optional(body, "mailbox", "", readMailboxState),
    mail: optional(body, "mail", "", orNull(text)),
    proxyAddresses: optional(body, "proxyAddresses", "", list(text)),
    roles: optional(body, "roles", "", list(text)),
    wids: optional(body, "wids", "", list(text)),
    isRemoved: optional(body, "removed", "", truth),
  });
  const person = world.directory.update(upn, changes);
  if (person === undefined) return json(404, { error: `Nobody is called ${upn}.` });
  const { changedAt: _, isRemoved, ...shown } = person;
  return json(200, { ...shown, removed: isRemoved });
};
