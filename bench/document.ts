import { spawnSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import { VERSION } from "../src/version.ts";
import type { Contestant } from "./contestants/contestant.ts";
import type { Outcome } from "./figures.ts";
import { canAdopt, canCountSyncs } from "./meter.ts";
import { versionOf } from "./peers.ts";
import { renderOutcome } from "./tables.ts";
import { renderVerdicts, verdictsOf } from "./verdicts.ts";

/** What the figures were made with. */
export interface Circumstances {
  /** As it was typed. */
  readonly command: string;
  readonly node: string;
  readonly began: Date;
  /** Who was left out, each with the reason. */
  readonly absent: readonly string[];
}

/** docs/benchmarks.md: machine, versions, targets and every table of one run. */
export function renderDocument(outcomes: readonly Outcome[], circumstances: Circumstances): string {
  return `${[
    `# Benchmarks on Node ${Number.parseInt(nodeVersion(circumstances.node))}`,
    "The figures of one run; what each of them is stands in [bench/README.md](../bench/README.md). Every number is that of a whole process, from its start to its end, and what it built was compared with the models.",
    `\`\`\`\n${circumstances.command}\n\`\`\``,
    renderMachine(circumstances),
    "## Versions",
    renderVersions(outcomes.flatMap(({ results }) => results.map(({ contestant }) => contestant))),
    ...circumstances.absent.map((text) => `Left out: ${text}`),
    "## Targets",
    renderVerdicts(verdictsOf(outcomes)),
    "## Figures",
    ...outcomes.map(renderOutcome),
  ].join("\n\n")}\n`;
}

function renderMachine({ node, began }: Circumstances): string {
  const minutes = Math.round((Date.now() - began.getTime()) / 60_000);
  const processors = cpus();
  return [
    `- ${began.toISOString().slice(0, 10)}, ${minutes} minutes`,
    `- ${processors.length} × ${processors[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()}`,
    `- Node ${nodeVersion(node)}`,
    canCountSyncs()
      ? "- fsyncs counted by strace"
      : "- fsyncs not counted: strace is not here, or may not trace",
    ...(canAdopt() ? [] : ["- without the CPU of processes that outlive their parent: perl is not here"]),
  ].join("\n");
}

/** The version of a Node program, without the v. */
export function nodeVersion(node: string): string {
  const { stdout, error } = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (error) throw new Error(`${node} does not run`, { cause: error });
  return stdout.trim().replace(/^v/, "");
}

function renderVersions(contestants: readonly Contestant[]): string {
  const packages = new Set(
    contestants.flatMap(({ peer = null, packages: names = [] }) =>
      names.map((name) => `- ${name} ${versionOf(peer, name)}`),
    ),
  );
  return [`- Clean Slate ${VERSION}`, ...[...packages].toSorted()].join("\n");
}
