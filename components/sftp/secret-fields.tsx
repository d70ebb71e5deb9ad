"use client";

import { AreaField } from "@/components/shell/area-field";
import { TextField } from "@/components/shell/fields";

/** What opens an SFTP server: a password, a private key, or both. */
export function SecretFields({ isKept }: { readonly isKept: boolean }) {
  return (
    <>
      <TextField
        name="password"
        label="Password"
        type="password"
        hint={
          isKept
            ? "Leave password and private key blank to keep them."
            : "A password, a private key, or both"
        }
        autoComplete="new-password"
        maxLength={1024}
      />
      <AreaField
        name="privateKey"
        label="Private key"
        hint="In OpenSSH's or the PEM form; its public key must be registered on the server"
        fileButton="Choose a key file"
        maxLength={32_768}
      />
      <TextField
        name="passphrase"
        label="Passphrase"
        type="password"
        hint="Of the private key, if it has one"
        autoComplete="new-password"
        maxLength={1024}
      />
    </>
  );
}
