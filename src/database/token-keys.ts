import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";

/** The pair that signs a server's tokens. */
export interface TokenKeys {
  readonly privateKey: KeyObject;
  /** What `sqld --auth-jwt-key-file` reads: Ed25519, SPKI, PEM. */
  readonly publicKeyPem: string;
}

/** Makes an Ed25519 pair: `publicKeyPem` is for the server, the private key mints tokens. */
export function createTokenKeys(): TokenKeys {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { privateKey, publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString() };
}

/** What opens a server of one's own: the key it is given, and a token that lets in whoever may read and write. */
export function createCredentials(): { readonly publicKeyPem: string; readonly authToken: string } {
  const keys = createTokenKeys();
  return { publicKeyPem: keys.publicKeyPem, authToken: mintToken(keys, { a: "rw" }) };
}

/**
 * Makes a token as Turso makes them: a JSON Web Token signed with EdDSA (https://www.rfc-editor.org/rfc/rfc8037). Of its claims `iat` is
 * now unless it is given.
 */
export function mintToken(
  { privateKey }: Pick<TokenKeys, "privateKey">,
  claims: Readonly<Record<string, unknown>>,
): string {
  const payload = { iat: Math.floor(Date.now() / 1000), ...claims };
  const signed = `${encode({ alg: "EdDSA", typ: "JWT" })}.${encode(payload)}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
