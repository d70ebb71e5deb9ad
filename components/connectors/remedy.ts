/** Which button mends what stands in a connector's way. */
import type { StatusView } from "@/lib/core/view";

export type Mend = "signIn" | "grantConsent" | "resume" | null;

const byCode: Readonly<Record<string, Mend>> = {
  SourceAuthFailed: "signIn",
  SourceAccountLocked: "signIn",
  SourceNoArchiveAccess: "signIn",
  SourceHostKeyChanged: "signIn",
  SourceKeyRefused: "signIn",
  SourceKeyUnreadable: "signIn",
  SourceKeyLocked: "signIn",
  SourceOutdated: "signIn",
  SourceFolderMissing: "signIn",
  SourceFolderDenied: "signIn",
  ConsentRevoked: "grantConsent",
  AppSecretRefused: "grantConsent",
};

export function mendOf(status: StatusView): Mend {
  if (status.attentionCode !== null) return byCode[status.attentionCode] ?? null;
  return status.import === "Paused" ? "resume" : null;
}
