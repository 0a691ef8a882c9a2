import { targetFromOptions, type Target } from "../database/target.ts";
import type { Config } from "../project/config.ts";

/** What an action is given instead of reaching for it: the configuration, the clock, chance, and a place for progress. */
export interface Deps {
  readonly config: Config;
  readonly now: () => Date;
  readonly randomId: () => string;
  /** Says what is being waited for; called as often as it changes. */
  readonly progress: (message: string) => void;
  /** Aborted when a person wants out: what has not begun does not begin, what has begun is finished. */
  readonly signal?: AbortSignal | undefined;
}

export function targetOf({ path, url, authToken, remoteOnly, timeout }: Config): Target {
  return targetFromOptions({
    path: path.value,
    url: url?.value ?? null,
    authToken: authToken?.value ?? null,
    remoteOnly,
    timeout: timeout.value,
  });
}
