import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";

/** The pair that signs a server's tokens. */
export interface TokenKeys {
  readonly privateKey: KeyObject;
  /** What `sqld --auth-jwt-key-file` reads: Ed25519, SPKI, PEM. */
  readonly publicKeyPem: string;
}

export interface TokenGrant {
  /** Turso's `a` claim; without it a token may do everything. */
  readonly access?: "ro" | "rw";
  /** Seconds from `issuedAt`, negative for a token that has expired; without it the token never does. */
  readonly expiresIn?: number;
  /** Seconds since 1970; now when not given. */
  readonly issuedAt?: number;
  /** Turso's `id` claim: the one database the token is for. */
  readonly id?: string;
  /** Any other claim, as it stands in the token. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Makes an Ed25519 pair: `publicKeyPem` is for the server, the private key mints tokens. */
export function createTokenKeys(): TokenKeys {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { privateKey, publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString() };
}

/** Makes a token as Turso makes them: a JSON Web Token signed with EdDSA (https://www.rfc-editor.org/rfc/rfc8037). */
export function mintToken(keys: Pick<TokenKeys, "privateKey">, options: TokenGrant = {}): string {
  const issuedAt = options.issuedAt ?? Math.floor(Date.now() / 1000);
  const payload = {
    iat: issuedAt,
    ...(options.expiresIn === undefined ? {} : { exp: issuedAt + options.expiresIn }),
    ...(options.access === undefined ? {} : { a: options.access }),
    ...(options.id === undefined ? {} : { id: options.id }),
    ...options.claims,
  };
  const signed = `${encode({ alg: "EdDSA", typ: "JWT" })}.${encode(payload)}`;
  return `${signed}.${sign(null, Buffer.from(signed), keys.privateKey).toString("base64url")}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
