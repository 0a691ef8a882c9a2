import type { Step } from "../meter.ts";
import type { Peer } from "../peers.ts";
import type { Case, Job } from "../scenario.ts";
import type { Workspace } from "../workspace.ts";

/** Who takes part in the races of one job. */
export interface Contestant {
  /** Unique within its job. */
  readonly name: string;
  readonly job: Job;
  readonly group: "floor" | "clean-slate" | "peer";
  /** Whose command it is: a tool that was over the limit once is not tried again with as many tables. */
  readonly tool?: string;
  /** Whose packages it sees; those of this repository without it. */
  readonly peer?: Peer;
  /** Packages whose versions belong to the figures. */
  readonly packages?: readonly string[];
  /** The cases it takes part in; all without it. */
  readonly cases?: readonly Case[];
  /** Its first run is another thing than the following, and counts in no case. */
  readonly isWarmed?: boolean;
  /** Takes part in the largest races too. */
  readonly isScaled?: boolean;
  /** Makes its models and configuration, once. */
  readonly prepare: (workspace: Workspace) => Promise<unknown>;
  /** What happens before every run, and is not measured. */
  readonly before?: (workspace: Workspace) => Promise<unknown>;
  readonly steps: (workspace: Workspace) => readonly Step[];
  readonly env?: (workspace: Workspace) => Readonly<Record<string, string>>;
  /** The SQL it wrote, where that is its result. */
  readonly script?: (workspace: Workspace) => Promise<string>;
}
