import { Notice } from "./notice";

type Props = { readonly flash: { readonly ok: boolean; readonly message: string } | null };

/** What the page before had to say. */
export function FlashNotice({ flash }: Props) {
  if (!flash) return null;
  return <Notice kind={flash.ok ? "success" : "refusal"}>{flash.message}</Notice>;
}
