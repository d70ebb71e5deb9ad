/** What a window holds, in one line: how many records, and the digest of their ids and revisions. */
type Manifest = { readonly count: number; readonly sha256: string };

export function isSameManifest(one: Manifest, other: Manifest): boolean {
  return one.count === other.count && one.sha256 === other.sha256;
}
