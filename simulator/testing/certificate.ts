import { generateKeyPairSync, sign, X509Certificate, type KeyObject } from "node:crypto";

/** A self-signed certificate, written by hand: Node reads them but does not make them. */
export function makeCertificate(): { pem: string; privateKey: KeyObject; thumbprint: string } {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const name = sequence(set(sequence(oid("550403"), tagged(0x0c, Buffer.from("test")))));
  const algorithm = sequence(oid("2a864886f70d01010b"), tagged(0x05, Buffer.alloc(0)));
  const validity = sequence(utcTime("250101000000Z"), utcTime("450101000000Z"));
  const toSign = sequence(
    tagged(0x02, Buffer.from([1])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = sign("sha256", toSign, privateKey);
  const der = sequence(
    toSign,
    algorithm,
    tagged(0x03, Buffer.concat([Buffer.from([0]), signature])),
  );
  const certificate = new X509Certificate(der);
  const thumbprint = Buffer.from(certificate.fingerprint256.replaceAll(":", ""), "hex");
  return { pem: certificate.toString(), privateKey, thumbprint: thumbprint.toString("base64url") };
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = Buffer.from([length >> 8, length & 0xff]);
  return Buffer.concat([Buffer.from([tag, 0x82]), size, content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function set(...parts: readonly Buffer[]): Buffer {
  return tagged(0x31, Buffer.concat(parts));
}

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

function utcTime(text: string): Buffer {
  return tagged(0x17, Buffer.from(text));
}
