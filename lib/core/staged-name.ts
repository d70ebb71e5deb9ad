/** The names of staged blobs: `{tenantId}/{runId}/{attempt}/{random}`. */

const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const afterTenant = new RegExp(`^${uuid}/\\d+/[0-9a-f]{32}$`);

/** True for a name a transfer gave. Whatever else lies in the container is nobody's to sweep. */
export function isStagedName(tenantId: string, blobName: string): boolean {
  const prefix = `${tenantId}/`;
  return blobName.startsWith(prefix) && afterTenant.test(blobName.slice(prefix.length));
}

/** What a blob that takes the place of another is named after: the same run and attempt. */
export function stagedPrefix(blobName: string): string {
  return blobName.slice(0, blobName.lastIndexOf("/"));
}
