/** The proof of an application that has a certificate instead of a secret. */
import "server-only";
import { X509Certificate, createHash, createPrivateKey, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { SignJWT } from "jose";

const lifetime = "10m";

export async function clientAssertion(
  client: { readonly id: string; readonly certificatePath: string | null },
  audience: string,
) {
  const path = client.certificatePath ?? "";
  // The comment keeps the build from tracing the whole disk after a path that only settings know.
  const pem = await readFile(/* turbopackIgnore: true */ path, "utf8");
  const thumbprint = createHash("sha256").update(new X509Certificate(pem).raw).digest("base64url");
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: "PS256", typ: "JWT", "x5t#S256": thumbprint })
    .setAudience(audience)
    .setIssuer(client.id)
    .setSubject(client.id)
    .setJti(randomUUID())
    .setIssuedAt()
    .setNotBefore("0s")
    .setExpirationTime(lifetime)
    .sign(createPrivateKey(pem));
  return {
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
  };
}
