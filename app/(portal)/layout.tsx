import type { ReactNode } from "react";
import { signOut } from "@/app/_server/sign-out";
import { actorOrSignIn, viewOf } from "@/app/_server/session";
import { Frame } from "@/components/shell/frame";
import { Refusal } from "@/components/shell/refusal";
import { maySignIn, mayDo, missingRole } from "@/lib/core/access";
import { config } from "@/lib/config";
import { portal } from "@/lib/wiring";

export default async function PortalLayout({ children }: { readonly children: ReactNode }) {
  const actor = await actorOrSignIn();
  const isIn = maySignIn(actor);
  const health = isIn ? await portal().health() : null;
  return (
    <Frame
      actor={viewOf(actor)}
      mayViewAudit={mayDo(actor, "viewAudit")}
      isSimulated={config().mode === "simulated"}
      isWorkerSilent={health?.status === "silent"}
      signOut={signOut}
    >
      {isIn ? (
        children
      ) : (
        <Refusal title="You have no role in this portal" message={missingRole("viewConnectors")} />
      )}
    </Frame>
  );
}
