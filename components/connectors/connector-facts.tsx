"use client";

import Link from "next/link";
import { counted, formatBytes } from "@/components/shell/format";
import { Fact } from "@/components/shell/fact";
import { Instant } from "@/components/shell/instant";
import page from "@/components/shell/page.module.css";
import type { SftpView } from "@/lib/core/delivery";
import type { ConnectorDetail } from "@/lib/core/view";
import { ProgressMeter } from "./progress-meter";
import { StatusWord } from "./status-word";
import { connectionTones, importTones } from "./words";

type Props = { readonly detail: ConnectorDetail; readonly maySeeItems: boolean };

export function ConnectorFacts({ detail, maySeeItems }: Props) {
  const { status, progress, mappingFile, unmappedItems } = detail;
  return (
    <section className={page.section} aria-labelledby="properties">
      <h2 id="properties" className={page.subheading}>
        Properties
      </h2>
      <dl className={page.facts}>
        {detail.state === "deleted" ? null : (
          <>
            <Fact name="Connection status with source">
              <StatusWord tone={connectionTones[status.connection]}>{status.connection}</StatusWord>
            </Fact>
            <Fact name="Import status">
              <StatusWord tone={importTones[status.import]}>{status.import}</StatusWord>
              {isPausing(detail) ? (
                <div className={page.quiet}>Pausing: what is under way stops within seconds</div>
              ) : null}
              {progress ? <ProgressMeter progress={progress} label="Import" /> : null}
            </Fact>
          </>
        )}
        <Fact name="Last import">
          {detail.lastImportAt ? <Instant at={detail.lastImportAt} /> : "None yet"}
        </Fact>
        <Fact name="Next import">
          {detail.nextImportAt ? <Instant at={detail.nextImportAt} /> : "None planned"}
        </Fact>
        <Fact name="Transferred up to">
          {detail.watermark ? <Instant at={detail.watermark} /> : "Nothing yet"}
        </Fact>
        <Fact name="Every day at">
          {detail.timeOfDay}, {detail.zone}
        </Fact>
        {detail.sftp === null ? (
          <Fact name="TeleMessage account">
            {detail.sourceAccountName} ({detail.sourceAccountId}), as {detail.sourceUsername}
          </Fact>
        ) : (
          <SftpFacts sftp={detail.sftp} detail={detail} />
        )}
        <Fact name="Automatic user mapping">{detail.automaticMapping ? "On" : "Off"}</Fact>
        <Fact name="Mapping file">
          <MappingFile id={detail.id} file={mappingFile} maySee={maySeeItems} />
        </Fact>
        {unmappedItems.count > 0 ? (
          <Fact name="Waiting for a mapping">
            {unmappedItems.isMore ? "More than " : ""}
            {counted(unmappedItems.count, "item")}
          </Fact>
        ) : null}
        <Fact name="Limit per item">{formatBytes(detail.sizeLimitBytes)}</Fact>
        <Fact name="Large attachments">
          <LargeAttachments detail={detail} />
        </Fact>
        <Fact name="Created">
          <Instant at={detail.createdAt} /> by {detail.createdBy}
        </Fact>
      </dl>
    </section>
  );
}

type MappingProps = {
  readonly id: string;
  readonly file: ConnectorDetail["mappingFile"];
  readonly maySee: boolean;
};

function MappingFile({ id, file, maySee }: MappingProps) {
  if (file === null) return "None";
  const name = file.fileName === "" ? "Version" : `${file.fileName}, version`;
  const words = `${name} ${file.version}, ${counted(file.entries, "line")}`;
  return maySee ? <Link href={`/data-connectors/${id}/mapping`}>{words}</Link> : words;
}

type SftpProps = { readonly sftp: SftpView; readonly detail: ConnectorDetail };

function SftpFacts({ sftp, detail }: SftpProps) {
  const { sourceUsername: username, movesRefusedAt } = detail;
  return (
    <>
      <Fact name="Delivery">
        SFTP from {sftp.host}, port {sftp.port}, folder {sftp.folder}, as {username}
      </Fact>
      <Fact name="Key of the SFTP server">{sftp.hostKey}</Fact>
      <Fact name="Finished files">
        {sftp.movesFinishedFiles ? "Moved to done/ on the server" : "Left on the server"}
        {sftp.movesFinishedFiles && movesRefusedAt !== null ? (
          <div className={page.quiet}>
            The server has refused to move them since <Instant at={movesRefusedAt} />. They are read
            all the same. Have the user given the right to write there, or switch it off on Edit.
          </div>
        ) : null}
      </Fact>
    </>
  );
}

function LargeAttachments({ detail }: { readonly detail: ConnectorDetail }) {
  if (!detail.largeAttachments) return "Left out, and named in the message";
  if (detail.attachRefusedAt === null) return "Added after the message";
  return (
    <>
      Left out, and named in the message: Exchange Online refused to add them on{" "}
      <Instant at={detail.attachRefusedAt} />. They are tried again a day later.
    </>
  );
}

/** The run under way is given back by its worker when that has heard of it. */
function isPausing({ state, runs }: ConnectorDetail): boolean {
  return state === "paused" && runs.some((run) => run.state === "transferring");
}
