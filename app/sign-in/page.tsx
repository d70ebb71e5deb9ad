import type { Metadata } from "next";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { cookieNames } from "@/app/_server/cookies";
import { csrfTokenOf } from "@/app/_server/csrf";
import { currentActor } from "@/app/_server/session";
import { SignIn } from "@/components/shell/sign-in";
import { config } from "@/lib/config";

export const metadata: Metadata = { title: "Sign in" };

type Props = {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

export default async function SignInPage({ searchParams }: Props) {
  const { callbackUrl, error, signedOut, csrf } = await searchParams;
  const to = ownPath(typeof callbackUrl === "string" ? callbackUrl : "");
  if (error === undefined && (await currentActor())) redirect(to);
  return (
    <SignIn
      csrfToken={csrfTokenOf((await cookies()).get(cookieNames.csrf())?.value) ?? ""}
      callbackUrl={to}
      refusal={csrf === undefined ? refusalOf(error) : refusals.Expired}
      isSignedOut={signedOut !== undefined}
      isSimulated={config().mode === "simulated"}
    />
  );
}

/** Only a path of this portal: an address of somebody else's would make the sign-in a lure. */
function ownPath(address: string): string {
  const portal = new URL(config().portalUrl);
  const target = URL.canParse(address, portal) ? new URL(address, portal) : portal;
  // A browser reads a path that begins with two slashes as somebody else's host.
  const isOwn =
    target.origin === portal.origin &&
    !target.pathname.startsWith("//") &&
    !target.pathname.startsWith("/sign-in");
  return isOwn && target.pathname !== "/"
    ? `${target.pathname}${target.search}`
    : "/data-connectors";
}

const refusals = {
  Tenant:
    "This account belongs to another organization. Sign in with an account of the organization that this portal archives for.",
  Unavailable:
    "You were signed in, but the portal's database did not answer. Nobody enters unrecorded; try again in a minute.",
  OAuthSignin:
    "Microsoft Entra ID could not be reached. Check the connection and the setting ENTRA_BASE_URL, then try again.",
  OAuthCallback:
    "Microsoft Entra ID did not sign you in: it was cancelled, took too long, or was begun in another window. Try again.",
  Callback: "Microsoft Entra ID answered without saying who you are. Try again.",
  Configuration:
    "Sign-in is not set up correctly. Whoever runs this portal finds the cause in its log.",
  Expired: "The sign-in page had become too old. Try again.",
} as const;

function refusalOf(error: string | string[] | undefined): string | null {
  if (typeof error !== "string") return null;
  const known = Object.entries(refusals).find(([code]) => code === error);
  return known?.[1] ?? "Sign-in did not succeed. Try again.";
}
