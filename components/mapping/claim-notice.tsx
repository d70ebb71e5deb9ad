import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { ClaimView } from "@/lib/core/mapping-view";

/** Two connectors that name the same number or mailbox: it may be meant, and it may be a mistake. */
export function ClaimNotice({ claims }: { readonly claims: readonly ClaimView[] }) {
  if (claims.length === 0) return null;
  const connectors = new Map<string, string[]>();
  for (const { kind, value, connectorName } of claims) {
    const what = `${kind === "mailbox" ? "Mailbox" : "Number or id"} ${value}`;
    connectors.set(what, [...(connectors.get(what) ?? []), connectorName]);
  }
  return (
    <Notice kind="warning" title="Claimed by another connector as well">
      <ul className={page.list}>
        {[...connectors].map(([what, names]) => (
          <li key={what}>
            {what}: {names.join(", ")}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
