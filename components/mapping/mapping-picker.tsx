"use client";

import { Button } from "@fluentui/react-components";
import { DocumentArrowUp24Regular } from "@fluentui/react-icons/svg/document-arrow-up";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useDropzone } from "react-dropzone";
import { SelectField } from "@/components/shell/fields";
import { formatBytes } from "@/components/shell/format";
import { Notice } from "@/components/shell/notice";
import page from "@/components/shell/page.module.css";
import type { MappingFileView } from "@/lib/core/mapping-view";
import type { Country } from "./country";
import { MappingResult } from "./mapping-result";
import styles from "./mapping-picker.module.css";
import { UploadMeter } from "./upload-meter";
import { useUpload } from "./use-upload";

type Props = {
  /** null: the file belongs to the person's draft. */
  readonly connectorId: string | null;
  readonly file: MappingFileView | null;
  readonly countries: readonly Country[];
  readonly onFile: (file: MappingFileView | null) => void;
  readonly note: string | null;
  /** What has to be decided about a file with errors. */
  readonly decision?: ReactNode;
};

const limitBytes = 100 * 1024 * 1024;

/** The custom mapping: template, country, drop zone, and what the portal made of the file. */
export function MappingPicker({ connectorId, file, countries, onFile, note, decision }: Props) {
  const [country, setCountry] = useState("");
  const { state, check, start, cancel } = useUpload({ connectorId, onFile });
  const [local, setLocal] = useState<string | null>(null);
  const chosen = useRef<File | null>(null);

  const take = (next: File | undefined) => {
    if (!next) return;
    chosen.current = next;
    const isTooLarge = next.size > limitBytes;
    setLocal(isTooLarge ? `The file is larger than ${formatBytes(limitBytes)}.` : null);
    if (!isTooLarge) void start(next, country);
  };

  const { getRootProps, getInputProps, inputRef, isDragActive, open } = useDropzone({
    multiple: false,
    noClick: true,
    noKeyboard: true,
    onDrop: (accepted) => take(accepted[0]),
  });

  // A file that was chosen before the scripts had come raised its event too early.
  const isAwake = useRef(false);
  useEffect(() => {
    if (isAwake.current) return;
    isAwake.current = true;
    take(inputRef.current.files?.[0]);
  });

  const changeCountry = (next: string) => {
    setCountry(next);
    // Numbers are read with the country: the lines are checked anew.
    if (chosen.current) void start(chosen.current, next);
  };

  const refusal = local ?? (state.phase === "refused" ? state.message : null);
  return (
    <section className={page.wide} aria-labelledby="mapping-file">
      <h2 id="mapping-file" className={page.subheading}>
        Mapping file
      </h2>
      <p className={page.quiet}>
        A CSV file with one line per person: the phone number or id WhatsApp knows them by, and
        their Microsoft 365 mailbox. Up to 1,000,000 lines and 100 MB.{" "}
        <a href="/api/mapping/template" download>
          Download CSV mapping template
        </a>
      </p>
      <div className={styles.country}>
        <SelectField
          name="country"
          label="Default country"
          hint="For numbers without a country code"
          onValue={changeCountry}
        >
          <option value="">None: numbers have a country code</option>
          {countries.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </SelectField>
      </div>
      <div {...getRootProps({ className: styles.zone, "data-active": isDragActive })}>
        <input {...getInputProps({ "aria-label": "CSV mapping file" })} />
        <DocumentArrowUp24Regular aria-hidden="true" />
        <span>Drop the CSV mapping file here, or</span>
        <Button onClick={open}>Choose file</Button>
      </div>
      <UploadMeter state={state} check={check} cancel={cancel} />
      {refusal === null ? null : <Notice kind="refusal">{refusal}</Notice>}
      {file && state.phase === "idle" ? (
        <MappingResult file={file} note={note} decision={decision} remove={() => onFile(null)} />
      ) : null}
    </section>
  );
}
