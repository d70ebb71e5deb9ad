import type { Reply } from "../http/reply";
import type { StoredAttachment } from "../state/stored-message";

export function timeOf(at: number): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

export function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(0)} KB` : `${(kib / 1024).toFixed(1)} MB`;
}

/** A file to save, never to show: it is whatever somebody sent. */
export function bytesOf({ name, bytes }: StoredAttachment): Reply {
  return {
    status: 200,
    headers: {
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename*=utf-8''${encodeURIComponent(name).replace(/['()*]/g, escape)}`,
      "content-length": bytes.sizeBytes,
      "x-content-type-options": "nosniff",
    },
    content: bytes.read(),
  };
}

function escape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
