import { Notice } from "@/components/shell/notice";
import type { ClaimView } from "@/lib/core/mapping-view";

/** Two connectors that name the same number or mailbox: it may be meant, and it may be a mistake. */
export function ClaimNotice({ claims }: { readonly claims: readonly ClaimView[] }) {
  if (claims.length === 0) return null;
  return (
    <Notice kind="warning" title="Claimed by another connector as well">
      <ul>
        {claims.map(({ kind, value, connectorName }) => (
          <li key={`${kind} ${value} ${connectorName}`}>
            {kind === "mailbox" ? "Mailbox" : "Number or id"} {value}: {connectorName}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
