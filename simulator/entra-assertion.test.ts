import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt, SignJWT, type JWTPayload } from "jose";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { makeCertificate } from "./testing/certificate";
import { clientId, Harness, tenantId, type Answer } from "./testing/harness";

const registered = makeCertificate();
const stranger = makeCertificate();

let folder: string;
let harness: Harness;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "certificate-"));
  const path = join(folder, "certificate.pem");
  await writeFile(path, registered.pem);
  harness = await Harness.open({ AZURE_CLIENT_CERTIFICATE_PATH: path });
});
afterAll(async () => {
  await harness.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => harness.putWorld());

type Signing = {
  readonly claims?: JWTPayload;
  readonly algorithm?: string;
  readonly by?: typeof registered;
  readonly thumbprint?: string;
};

async function request({ claims = {}, algorithm = "PS256", by, thumbprint }: Signing = {}) {
  const { privateKey, thumbprint: own } = by ?? registered;
  const now = Math.floor((Date.now() + harness.time.aheadMs) / 1000);
  const assertion = await new SignJWT({
    aud: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`,
    iss: clientId,
    sub: clientId,
    jti: "1",
    nbf: now,
    exp: now + 600,
    ...claims,
  })
    .setProtectedHeader({ alg: algorithm, "x5t#S256": thumbprint ?? own })
    .sign(privateKey);
  return harness.tokenRequest({
    grant_type: "client_credentials",
    client_id: clientId,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
    scope: "https://graph.microsoft.com/.default",
  });
}

function numberOf(answer: Answer): [number, number | undefined] {
  return [answer.status, answer.json<{ error_codes: number[] }>().error_codes[0]];
}

it("takes an assertion signed with PS256 by the registered certificate", async () => {
  await harness.consent();
  const answer = await request();
  expect(answer.status).toBe(200);
  const { access_token } = answer.json<{ access_token: string }>();
  expect(decodeJwt(access_token)).toMatchObject({
    appid: clientId,
    appidacr: "2",
    roles: ["Mail.ReadWrite", "User.Read.All"],
  });
});

it("takes its own address as audience too", async () => {
  const aud = `${harness.simulator.urls.entra}/${tenantId}/oauth2/v2.0/token`;
  expect((await request({ claims: { aud } })).status).toBe(200);
});

it("refuses another key, another algorithm and a certificate that is not the signer's", async () => {
  expect(numberOf(await request({ by: stranger }))).toEqual([401, 700027]);
  expect(numberOf(await request({ algorithm: "RS256" }))).toEqual([401, 700027]);
  const disguised = { by: stranger, thumbprint: registered.thumbprint };
  expect(numberOf(await request(disguised))).toEqual([401, 700027]);
});

it("refuses another audience, issuer or subject, and one that is late", async () => {
  expect(numberOf(await request({ claims: { aud: "https://x" } }))).toEqual([401, 50027]);
  expect(numberOf(await request({ claims: { iss: "x" } }))).toEqual([401, 50027]);
  expect(numberOf(await request({ claims: { sub: "x" } }))).toEqual([401, 50027]);
  const late = { claims: { exp: Math.floor(Date.now() / 1000) - 1 } };
  expect(numberOf(await request(late))).toEqual([401, 700024]);
});
