/** The plan's world in the words of the simulator's control interface. */
import { administrator, domain } from "./people";
import type { Archive } from "./archive";
import type { Plan } from "./plan";
import type { Arrival } from "./truth";

export const accountId = "acc-chaos";
export const username = `archive@${domain}`;

export function worldOf({ cast, archive, drop, form, password }: Plan) {
  return {
    tenant: { domain, name: "Contoso" },
    people: [
      {
        upn: administrator,
        displayName: "Admin",
        roles: ["Connector.Admin"],
        wids: ["62e90394-69f5-4237-9190-012177145e10"],
        mailbox: "ok",
      },
      ...cast.mailboxes.map(({ upn, id, state }) => ({
        ...{ upn, id, mail: upn, displayName: upn, mailbox: state },
      })),
    ],
    telemessage: {
      ...{ accountId, username, password },
      records: drop === null ? recordsThatCome("before", archive) : [],
      attachments: archive.attachments,
    },
    latencyMs: form.latencyMs,
  };
}

export function recordsThatCome(when: Arrival, { records }: Archive): unknown[] {
  return records.filter(({ comes }) => comes === when).map(({ record }) => record);
}
