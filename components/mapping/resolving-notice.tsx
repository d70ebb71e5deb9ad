import { formatCount } from "@/components/shell/format";
import { Notice } from "@/components/shell/notice";
import type { MappingProgressView } from "@/lib/core/mapping-view";

/** Why nothing is written after a change of the mapping, and how long that still takes. */
export function ResolvingNotice({ resolving }: { readonly resolving: MappingProgressView | null }) {
  if (resolving === null) return null;
  const { looked, total, isPassed } = resolving;
  const of = total === null ? "" : ` of ${formatCount(total)}`;
  return (
    <Notice kind="info" title="What waits is resolved anew">
      {isPassed
        ? "Everything was looked at. What was just being written is looked for in the mailboxes first."
        : `${formatCount(looked)}${of} looked at. Until then nothing of this connector is written into mailboxes.`}
    </Notice>
  );
}
