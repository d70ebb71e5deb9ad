/** A token for as long as a run needs one. Several requests that find it expired sign in once. */
import { SyncError } from "@/lib/core/errors";
import type { SourceAccount } from "@/lib/ports/source";

export type SignedIn = {
  readonly token: string;
  readonly account: SourceAccount;
  /** The first moment at which the token may have ended by its age; null: the archive did not say. */
  readonly endsAt: Date | null;
};
export type SignIn = (signal: AbortSignal) => Promise<SignedIn>;

export type SignInKeeper = {
  /** The session in force, or a new one. */
  current(signal: AbortSignal): Promise<SignedIn>;
  /** A session other than the one that was just refused. */
  instead(refused: SignedIn, signal: AbortSignal): Promise<SignedIn>;
};

export function keepSignedIn(signIn: SignIn): SignInKeeper {
  let held: SignedIn | undefined;
  let pending: Promise<SignedIn> | undefined;
  let refusal: SyncError | undefined;

  async function begin(signal: AbortSignal): Promise<SignedIn> {
    try {
      held = await signIn(signal);
      return held;
    } catch (error) {
      // Asking again with a refused password is how an account gets locked.
      if (error instanceof SyncError && error.kind === "configuration") refusal = error;
      throw error;
    } finally {
      pending = undefined;
    }
  }

  async function current(signal: AbortSignal): Promise<SignedIn> {
    for (;;) {
      if (refusal !== undefined) throw refusal;
      if (held !== undefined) return held;
      try {
        return await (pending ??= begin(signal));
      } catch (error) {
        const isAnothers = error instanceof SyncError && error.code === "Interrupted";
        if (!isAnothers || signal.aborted) throw error;
      }
    }
  }

  return {
    current,
    instead(refused, signal) {
      if (held?.token === refused.token) held = undefined;
      return current(signal);
    },
  };
}
