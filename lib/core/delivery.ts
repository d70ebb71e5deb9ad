/** How a source hands its records over, and what of it is no secret. */

export type Delivery = "API" | "SFTP";

export const deliveryNames: Record<Delivery, string> = { API: "Archive API", SFTP: "SFTP" };

/** Where the vendor's files lie. */
export type SftpPlace = {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly username: string;
};

/** What pages show of a delivery by SFTP. */
export type SftpView = Omit<SftpPlace, "username"> & {
  readonly hostKey: string;
  readonly movesFinishedFiles: boolean;
};

export type TypedPlace = {
  readonly host: string;
  readonly port: string;
  readonly folder: string;
  readonly username: string;
};

type Read = { readonly place: SftpPlace } | { readonly fields: Readonly<Record<string, string>> };

/** Each field with a sentence of its own where it cannot be tried. */
export function readSftpPlace(typed: TypedPlace): Read {
  const host = readHost(typed.host.trim());
  const port = /^\d{1,5}$/.test(typed.port.trim()) ? Number(typed.port) : 0;
  const folder = readFolder(typed.folder.trim());
  const username = typed.username.trim();
  const fields: Record<string, string> = {};
  if (host === null) fields["host"] = typed.host.trim() === "" ? "Enter the host." : notAHost;
  if (port < 1 || port > 65_535) fields["port"] = "Enter a port from 1 to 65535; SFTP's is 22.";
  if (folder === null) fields["folder"] = notAFolder;
  if (username === "") fields["username"] = "Enter the username.";
  if (username.length > 320) fields["username"] = "A username has at most 320 characters.";
  if (hasControls.test(username)) fields["username"] = "A username holds no control characters.";
  if (host === null || folder === null || Object.keys(fields).length > 0) return { fields };
  return { place: { host, port, folder, username } };
}

export function isSamePlace(one: SftpPlace, other: SftpPlace): boolean {
  const { host, port, folder, username } = one;
  return (
    host === other.host &&
    port === other.port &&
    folder === other.folder &&
    username === other.username
  );
}

const notAHost =
  "Enter the server's name or address alone, such as sftp.example.com, without sftp:// and without the folder.";
const notAFolder = "A folder has at most 1,024 characters, and no control characters.";
const hasControls = /\p{Cc}/u;

/** As DNS knows it; an address of IPv6 with or without its brackets. */
function readHost(typed: string): string | null {
  const bare = typed.replace(/^\[(.*)\]$/, "$1");
  const isIpv6 = bare.includes(":");
  if (bare.length > 253 || /[\s/?#@\\%]/.test(bare)) return null;
  const address = `http://${isIpv6 ? `[${bare}]` : bare}/`;
  if (!URL.canParse(address)) return null;
  const { hostname, port } = new URL(address);
  if (port !== "" || hostname === "") return null;
  return isIpv6 ? hostname.slice(1, -1) : hostname.replace(/\.$/, "");
}

/** Nothing is the folder in which the server puts the user. */
function readFolder(typed: string): string | null {
  if (typed.length > 1024 || hasControls.test(typed)) return null;
  if (typed === "") return ".";
  return typed.replace(/(?<=.)\/+$/, "");
}

/** What a form is told instead of an end: first the server's key is to be compared. */
export type HostKeyAsked = { readonly hostKey: string };

export function isHostKeyAsked(value: unknown): value is HostKeyAsked {
  if (typeof value !== "object" || value === null || !("hostKey" in value)) return false;
  return typeof value.hostKey === "string";
}

/** What the form knew of the server's key when it was sent. */
export type KnownHostKeys = {
  readonly pinned: string | null;
  readonly shown: string | null;
  readonly confirmed: string | null;
};

/** null: the key that the server shows is one that somebody has confirmed. */
export function askAboutHostKey(
  hostKey: string,
  { pinned, shown, confirmed }: KnownHostKeys,
): "ask" | "confirm" | null {
  if (hostKey === pinned || hostKey === confirmed) return null;
  return hostKey === shown ? "confirm" : "ask";
}
