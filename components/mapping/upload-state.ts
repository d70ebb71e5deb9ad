/** How far a file is on its way to the portal. */
export type UploadState =
  | { readonly phase: "idle" }
  /** The browser reads the file to compute its digest. */
  | { readonly phase: "reading"; readonly fileName: string }
  | {
      readonly phase: "sending";
      readonly fileName: string;
      readonly sent: number;
      readonly total: number;
      readonly remainingMs: number | null;
    }
  /** Every byte is there; the portal keeps the last lines. */
  | { readonly phase: "keeping"; readonly fileName: string; readonly total: number }
  | { readonly phase: "refused"; readonly message: string };
