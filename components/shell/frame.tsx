import type { ReactNode } from "react";
import type { ActorView } from "@/lib/core/view";
import styles from "./frame.module.css";
import { NavLink } from "./nav-link";
import { SignOutButton } from "./sign-out-button";
import { WorkerBar } from "./worker-bar";

type Props = {
  readonly actor: ActorView;
  readonly mayViewAudit: boolean;
  readonly isSimulated: boolean;
  readonly isWorkerSilent: boolean;
  readonly signOut: () => Promise<void>;
  readonly children: ReactNode;
};

/** The frame round every page: bar, navigation, and what is wrong with the installation as a whole. */
export function Frame(props: Props) {
  const { actor, mayViewAudit, isSimulated, isWorkerSilent, signOut, children } = props;
  return (
    <div className={styles.frame}>
      <header className={styles.bar}>
        <span className={styles.product}>WhatsApp Archiver connector</span>
        <span className={styles.person} title={actor.upn}>
          {actor.name}
        </span>
        <form action={signOut}>
          <SignOutButton />
        </form>
      </header>
      <nav aria-label="Main" className={styles.nav}>
        <NavLink href="/data-connectors" icon="connectors">
          Data connectors
        </NavLink>
        {mayViewAudit ? (
          <NavLink href="/audit" icon="audit">
            Audit
          </NavLink>
        ) : null}
      </nav>
      <div className={styles.content}>
        {isSimulated ? (
          <aside aria-label="About this installation" className={styles.simulated}>
            <strong>Simulated services</strong>: TeleMessage and Microsoft 365 are stand-ins on this
            machine. Nothing leaves it.
          </aside>
        ) : null}
        <WorkerBar initiallySilent={isWorkerSilent} />
        <main id="main" tabIndex={-1} className={styles.main}>
          {children}
        </main>
      </div>
    </div>
  );
}
