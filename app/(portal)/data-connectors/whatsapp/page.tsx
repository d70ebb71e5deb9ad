import type { Metadata } from "next";
import { guardedPage } from "@/app/_server/session";
import { ProductPage } from "@/components/connectors/product-page";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import page from "@/components/shell/page.module.css";
import { mayDo, missingRole } from "@/lib/core/access";
import { portal } from "@/lib/wiring";
import { addConnector } from "./new/actions";

export const metadata: Metadata = { title: "WhatsApp Archiver" };

export default guardedPage("viewConnectors", async ({ actor }) => {
  const mayManage = mayDo(actor, "manageConnectors");
  const draft = mayManage ? await portal().wizard.findDraft(actor) : null;
  return (
    <div className={page.wide}>
      <Breadcrumbs
        trail={[{ label: "Data connectors", href: "/data-connectors" }]}
        here="WhatsApp Archiver"
      />
      <ProductPage
        addConnector={addConnector}
        missingRole={mayManage ? null : missingRole("manageConnectors")}
        hasDraft={draft?.terms !== null && draft !== null}
      />
    </div>
  );
});
