import {
  calculateJwkThumbprint,
  compactVerify,
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from "jose";

/** The key with which the simulated Entra signs every token of one start. */
export type SigningKey = {
  readonly jwks: { readonly keys: readonly JWK[] };
  sign(claims: JWTPayload): Promise<string>;
  /** The claims of a token that this key signed, whatever its dates say. */
  verify(token: string): Promise<JWTPayload | undefined>;
};

export async function createSigningKey(): Promise<SigningKey> {
  const pair = await generateKeyPair("RS256", { modulusLength: 2048, extractable: true });
  const { kty, n, e } = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint({ kty: kty ?? "RSA", n: n ?? "", e: e ?? "" });
  const jwk = { kty: kty ?? "RSA", use: "sig", alg: "RS256", kid, n: n ?? "", e: e ?? "" };
  return {
    jwks: { keys: [jwk] },
    sign: (claims) =>
      new SignJWT(claims)
        .setProtectedHeader({ typ: "JWT", alg: "RS256", kid })
        .sign(pair.privateKey),
    verify: (token) => verify(token, pair.publicKey),
  };
}

/** Dates are for whoever asks to compare, with the simulator's clock. */
async function verify(token: string, key: CryptoKey): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: ["RS256"] });
    return JSON.parse(new TextDecoder().decode(payload)) as JWTPayload;
  } catch {
    return undefined;
  }
}
