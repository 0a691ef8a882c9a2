import type { Config } from "../project/config.ts";

export interface SettingReport {
  readonly name: string;
  /** As shown: secrets masked. Null when unset. */
  readonly value: string | null;
  /** `--flag`, `environment`, the path of the `.env` file, or `default`; null when unset. */
  readonly origin: string | null;
}

/** Every setting with its origin. */
export function settingsOf(config: Config): SettingReport[] {
  const { path, url, authToken, models, out, backups, casing, timeout, production } = config;
  const settings = {
    LOCAL_DB_PATH: path,
    TURSO_DATABASE_URL: url && {
      ...url,
      value: maskUrl(url.value),
    },
    TURSO_AUTH_TOKEN: authToken && { ...authToken, value: maskToken(authToken.value) },
    models,
    out,
    backups,
    casing,
    timeout: { ...timeout, value: `${timeout.value / 1000} s` },
    production: { ...production, value: production.value.join(",") || "(nothing)" },
  };
  return Object.entries(settings).map(([name, setting]) => ({
    name,
    value: setting === null ? null : setting.value,
    origin: setting === null ? null : setting.origin,
  }));
}

/** Scheme and host of a primary's address; whatever else stands in it may be a secret, and before an @ the host too. */
function maskUrl(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (!url?.host || text.includes("@") || !/^(?:libsql|https?|wss?):$/.test(url.protocol))
    return "(set, and no address of a primary)";
  const bare = `${url.protocol}//${url.host}`;
  return [bare, `${bare}/`].includes(url.href) ? bare : `${bare}/…`;
}

/** Says that a token is there without saying any part of it. */
function maskToken(token: string): string {
  return `(set, ${token.length} characters)`;
}
