/** What the wizard and the consent pages show; see view.ts for the form. */
import type { SftpView } from "./delivery";
import type { MappingFileView } from "./mapping-view";
import type { WizardStep } from "./wizard";

export type DraftView = {
  readonly id: string;
  readonly version: number;
  readonly openSteps: readonly WizardStep[];
  readonly firstOpenStep: WizardStep;
  readonly terms: { readonly version: string; readonly acceptedAt: string } | null;
  readonly source: {
    readonly username: string;
    readonly accountId: string;
    readonly accountName: string;
    /** null: the archive API. */
    readonly sftp: SftpView | null;
  } | null;
  readonly automaticMapping: boolean;
  readonly mappingFile: MappingFileView | null;
  readonly isMapped: boolean;
  readonly consentVerifiedAt: string | null;
  readonly name: string | null;
  readonly timeOfDay: string | null;
  readonly zone: string | null;
};

/** The state the consent step shows. */
export type ConsentView = {
  readonly isGranted: boolean;
  readonly missing: readonly string[];
  /** Links handed over to a Global Administrator that are still good. */
  readonly handedOver: readonly {
    readonly id: string;
    readonly expiresAt: string;
  }[];
};

/** What a handed-over consent link shows to somebody without a session. */
export type HandedOverView = {
  readonly tenantId: string;
  readonly connectorName: string;
  readonly requestedBy: string;
  readonly permissions: readonly string[];
  readonly expiresAt: string;
};
