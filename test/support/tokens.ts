import { mintToken as mint, type createTokenKeys } from "../../src/database/token-keys.ts";

export { createTokenKeys } from "../../src/database/token-keys.ts";

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

/** Makes a token of whatever kind a server may be shown. */
export function mintToken(
  keys: Pick<ReturnType<typeof createTokenKeys>, "privateKey">,
  { access, expiresIn, issuedAt = Math.floor(Date.now() / 1000), id, claims }: TokenGrant = {},
): string {
  return mint(keys, {
    iat: issuedAt,
    ...(expiresIn !== undefined && { exp: issuedAt + expiresIn }),
    ...(access !== undefined && { a: access }),
    ...(id !== undefined && { id }),
    ...claims,
  });
}
