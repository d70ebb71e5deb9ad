import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import type { ReactNode } from "react";
import { countryList, zoneList } from "@/app/_server/choices";
import { beginConsent, handOverConsent, revokeConsent } from "@/app/_server/consent-actions";
import { consentView } from "@/app/_server/consent-view";
import { readFlash } from "@/app/_server/flash";
import { guardedPage } from "@/app/_server/session";
import { FlashNotice } from "@/components/shell/flash-notice";
import { ConsentStep } from "@/components/wizard/consent-step";
import { MappingStep } from "@/components/wizard/mapping-step";
import { ReviewStep } from "@/components/wizard/review-step";
import { SignInStep } from "@/components/wizard/sign-in-step";
import { TermsStep } from "@/components/wizard/terms-step";
import { WizardFrame } from "@/components/wizard/wizard-frame";
import type { Actor } from "@/lib/core/access";
import type { DraftView } from "@/lib/core/wizard-view";
import { type WizardStep, isWizardStep, stepTitles } from "@/lib/core/wizard";
import { portal } from "@/lib/wiring";
import {
  acceptTerms,
  checkMapping,
  confirmConsent,
  finish,
  saveMapping,
  signInToSource,
} from "../actions";

type Props = {
  readonly params: Promise<{ readonly step: string }>;
  readonly searchParams: Promise<{ readonly askedFor?: string | string[] }>;
};

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { step } = await params;
  return { title: isWizardStep(step) ? `${stepTitles[step]} - Add connector` : "Not found" };
}

export default guardedPage<Props>("manageConnectors", async ({ actor, params, searchParams }) => {
  const { step } = await params;
  if (!isWizardStep(step)) notFound();
  // Safe to do twice: there is one open draft a person, and it is theirs alone.
  const draft = await portal().wizard.openDraft(actor);
  if (!draft.openSteps.includes(step)) {
    redirect(`/data-connectors/whatsapp/new/${draft.firstOpenStep}?askedFor=${step}`);
  }
  const { askedFor } = await searchParams;
  const missed = typeof askedFor === "string" && isWizardStep(askedFor) ? askedFor : null;
  return (
    <WizardFrame
      step={step}
      draft={draft}
      askedFor={missed !== null && !draft.openSteps.includes(missed) ? missed : null}
      flash={<FlashNotice flash={await readFlash()} />}
    >
      {await steps[step](draft, actor)}
    </WizardFrame>
  );
});

/** A new version of the draft begins its step anew only where an answer of it was taken over. */
const steps: Record<WizardStep, (draft: DraftView, actor: Actor) => Promise<ReactNode>> = {
  terms: async (draft) => <TermsStep draft={draft} accept={acceptTerms} />,
  "sign-in": async (draft) => <SignInStep draft={draft} signIn={signInToSource} />,
  "user-mapping": async (draft) => (
    <MappingStep draft={draft} countries={countryList()} save={saveMapping} />
  ),
  "admin-consent": async (draft, actor) => (
    <ConsentStep
      draft={draft}
      consent={await consentView(actor)}
      actions={{
        grant: beginConsent,
        confirm: confirmConsent,
        handOver: handOverConsent,
        revoke: revokeConsent,
      }}
    />
  ),
  review: async (draft) => (
    <ReviewStep
      draft={draft}
      zones={zoneList()}
      actions={{ finish, check: checkMapping, saveMapping }}
    />
  ),
};
