import { Notice } from "./notice";
import styles from "./sign-in.module.css";
import { SubmitButton } from "./buttons";

type Props = {
  readonly csrfToken: string;
  readonly callbackUrl: string;
  readonly refusal: string | null;
  readonly isSignedOut: boolean;
  readonly isSimulated: boolean;
};

/** A plain form to next-auth's own route; it works without scripts. */
export function SignIn({ csrfToken, callbackUrl, refusal, isSignedOut, isSimulated }: Props) {
  return (
    <main id="main" className={styles.page}>
      <div className={styles.card}>
        <p className={styles.product}>WhatsApp Archiver connector</p>
        <h1 className={styles.heading}>Sign in with Microsoft</h1>
        {refusal ? <Notice kind="refusal">{refusal}</Notice> : null}
        {isSignedOut && !refusal ? (
          <Notice kind="success">
            You are signed out of this portal. Your Microsoft account may still be signed in
            elsewhere in this browser.
          </Notice>
        ) : null}
        <p className={styles.text}>
          Use the work account of your organization. What you may do here follows from your app role
          in Microsoft Entra ID.
        </p>
        <form method="post" action="/api/auth/signin/azure-ad">
          <input type="hidden" name="csrfToken" value={csrfToken} />
          <input type="hidden" name="callbackUrl" value={callbackUrl} />
          <SubmitButton look="primary">Sign in with Microsoft</SubmitButton>
        </form>
        {isSimulated ? (
          <p className={styles.text}>
            <strong>Simulated services</strong>: the next page is a stand-in of Microsoft Entra ID,
            where you pick a person.
          </p>
        ) : null}
      </div>
    </main>
  );
}
