"use client";

import { useState } from "react";
import { connectorTrail } from "@/components/connectors/connector-trail";
import { Breadcrumbs } from "@/components/shell/breadcrumbs";
import { GoButton } from "@/components/shell/buttons";
import page from "@/components/shell/page.module.css";
import type { MappingFileView } from "@/lib/core/mapping-view";
import type { ConnectorDetail } from "@/lib/core/view";
import type { Country } from "./country";
import { MappingPicker } from "./mapping-picker";

type Props = {
  readonly connector: Pick<ConnectorDetail, "id" | "name">;
  readonly countries: readonly Country[];
};

/** A file becomes the connector's next version here; it is put in force on the page that shows what changes. */
export function VersionUpload({ connector, countries }: Props) {
  const [file, setFile] = useState<MappingFileView | null>(null);
  const address = `/data-connectors/${connector.id}`;
  return (
    <div className={page.wide}>
      <Breadcrumbs
        trail={[...connectorTrail(connector), { label: "Mapping", href: `${address}/mapping` }]}
        here="Upload a new version"
      />
      <h1 className={page.heading}>Upload a new version</h1>
      <p className={page.lead}>
        Nothing changes until you have seen the difference and put the version in force.
      </p>
      <MappingPicker
        connectorId={connector.id}
        file={file}
        countries={countries}
        onFile={setFile}
        note={null}
      />
      <div className={page.buttons}>
        {file?.state === "checked" ? (
          <GoButton to={`${address}/mapping/${file.id}`} look="primary">
            Show what changes
          </GoButton>
        ) : null}
        <GoButton to={`${address}/mapping`}>Cancel</GoButton>
      </div>
    </div>
  );
}
