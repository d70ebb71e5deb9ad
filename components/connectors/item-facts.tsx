import { formatCount } from "@/components/shell/format";
import { Fact } from "@/components/shell/fact";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import type { OriginalView } from "@/lib/core/item-view";

export function ItemFacts({ item }: { readonly item: OriginalView }) {
  return (
    <section className={page.section} aria-labelledby="facts">
      <h2 id="facts" className={page.subheading}>
        Facts
      </h2>
      <dl className={page.facts}>
        <Fact name="Id in the archive">
          <span className={page.mono}>{item.sourceItemId}</span>
        </Fact>
        <Fact name="Revision">{item.revision}</Fact>
        <Fact name="Kind">{item.kind}</Fact>
        <Fact name="Archived person">{item.owner ?? "Not named"}</Fact>
        <Fact name="People">{formatCount(item.people)}</Fact>
        <Fact name="Sent">
          <Instant at={item.messageAt} />
        </Fact>
        <Fact name={item.isMail ? "Zipped for delivery" : "Archived by TeleMessage"}>
          <Instant at={item.archivedAt} />
        </Fact>
        <Fact name="Recorded here">
          <Instant at={item.recordedAt} />
        </Fact>
        <Fact name="SHA-256 of the raw record">
          <span className={page.mono}>{item.recordSha256}</span>
        </Fact>
        <Fact name="SHA-256 of the canonical message">
          {item.messageSha256 === null ? (
            withoutDigest(item)
          ) : (
            <span className={page.mono}>{item.messageSha256}</span>
          )}
        </Fact>
      </dl>
    </section>
  );
}

function withoutDigest({ deliveries }: OriginalView): string {
  const isImported = deliveries.some(
    ({ outcome }) => outcome === "imported" || outcome === "partiallyImported",
  );
  return isImported
    ? "None: it was imported by a version that recorded none, or its original could no longer be opened"
    : "Not recorded yet: it is with the first import";
}
