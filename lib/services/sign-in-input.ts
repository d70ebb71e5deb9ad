/** What somebody enters to let the portal into TeleMessage. */
import type { TypedPlace } from "@/lib/core/delivery";

export type ApiSignIn = {
  /** Unless another is named. */
  readonly delivery?: "API";
  readonly username: string;
  readonly password: string;
};

/** Blank secrets keep what was sealed for the same place. */
export type TypedSecrets = {
  readonly password: string;
  readonly privateKey: string;
  readonly passphrase: string;
};

export type SftpSignIn = TypedPlace &
  TypedSecrets & {
    readonly delivery: "SFTP";
    /** As it was shown and confirmed; "" before. */
    readonly hostKey: string;
    readonly movesFinishedFiles: boolean;
  };
