import { StatusWord, type Tone } from "@/components/connectors/status-word";
import { formatCount } from "@/components/shell/format";
import { type ModelColumn, modelColumn } from "@/components/shell/model-table";
import page from "@/components/shell/page.module.css";
import type { MappingLineView } from "@/lib/core/mapping-view";
import styles from "./line-table.module.css";

/** What the table says of a line; where it leads to once mailboxes were looked for. */
export function lineColumns(isCompared: boolean): readonly ModelColumn<MappingLineView>[] {
  return isCompared ? [...columns, leadsTo, remarks] : [...columns, remarks];
}

const words: Record<MappingLineView["state"], { readonly word: string; readonly tone: Tone }> = {
  good: { word: "Good", tone: "good" },
  warning: { word: "Warning", tone: "warning" },
  bad: { word: "Bad", tone: "bad" },
};

const columns: readonly ModelColumn<MappingLineView>[] = [
  modelColumn("Line", ({ line }) => formatCount(line)),
  modelColumn("State", ({ state }) => (
    <StatusWord tone={words[state].tone}>{words[state].word}</StatusWord>
  )),
  modelColumn("External id", ({ externalId, writtenAs }) =>
    externalId === null ? null : (
      <div className={styles.id}>
        <span className={page.mono}>{externalId}</span>
        {writtenAs === externalId ? null : <div className={page.quiet}>written as {writtenAs}</div>}
      </div>
    ),
  ),
  modelColumn("Mailbox", ({ mailboxAddress, validFrom, validTo }) =>
    mailboxAddress === null ? null : (
      <div>
        {mailboxAddress}
        {validFrom === null && validTo === null ? null : (
          <div className={page.quiet}>{validityOf(validFrom, validTo)}</div>
        )}
      </div>
    ),
  ),
];

const leadsTo = modelColumn<MappingLineView>("Found in the directory", ({ mailbox }) => {
  if (mailbox === null) return null;
  if (mailbox.state === "unknown") return "Unknown";
  return (
    <div>
      {mailbox.displayName}
      <div className={page.quiet}>
        {mailbox.address}
        {mailbox.state === "withoutLicence" ? ", without an Exchange plan" : ""}
      </div>
    </div>
  );
});

const remarks = modelColumn<MappingLineView>("What to do", ({ problems, mailbox }) => {
  const told = problems.map(({ column, value, message }) =>
    column === "" || value === "" ? message : `${column} ${value}: ${message}`,
  );
  if (mailbox?.state === "unknown") told.push(unknown);
  if (mailbox?.state === "withoutLicence") told.push(withoutPlan);
  return told.length === 0 ? null : (
    <div>
      {told.map((sentence) => (
        <div key={sentence}>{sentence}</div>
      ))}
    </div>
  );
});

const unknown = "No mailbox has this address. Correct it, or create the user.";
const withoutPlan =
  "The user has no Exchange plan. Shared mailboxes have none and work; give anybody else a plan.";

/** Bare days are what files hold; a time of day is shown where there is one. */
function validityOf(from: string | null, to: string | null): string {
  if (to === null) return `valid from ${dayOf(from)}`;
  return from === null
    ? `valid until ${dayOf(to)}`
    : `valid from ${dayOf(from)} until ${dayOf(to)}`;
}

function dayOf(instant: string | null): string {
  return (instant ?? "").replace("T00:00:00.000Z", "").replace(".000Z", "Z");
}
