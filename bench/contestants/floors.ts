import { readFile, writeFile } from "node:fs/promises";
import { repoPath } from "../../test/support/paths.ts";
import type { Job } from "../scenario.ts";
import {
  bundleDrizzle,
  changeDefault,
  compileFloor,
  INDEX,
  remove,
  writeDrizzleModels,
  type Workspace,
} from "../workspace.ts";
import type { Contestant } from "./contestant.ts";

const nothing = async () => {};

const start: Contestant[] = [
  {
    name: "node -e 0",
    job: "start",
    group: "floor",
    prepare: nothing,
    steps: ({ node }) => [{ argv: [node, "-e", "0"] }],
  },
  ...(["cjs", "esm"] as const).map((format): Contestant => ({
    name: `compiled no-op${format === "cjs" ? "" : ", ES module"}`,
    job: "start",
    group: "floor",
    prepare: (workspace) => compileFloor(workspace, "noop", format),
    steps: ({ node, path }) => [{ argv: [node, path(format === "cjs" ? "noop.cjs" : "noop.mjs")] }],
  })),
];

/** The tsx command line imports the models, reads every table's configuration and writes a file. */
function importModels(isEdited: boolean): Contestant {
  return {
    name: `floor-import-tsx-cli${isEdited ? "" : ", unchanged"}`,
    job: "generate",
    group: "floor",
    packages: ["tsx", "esbuild", "drizzle-orm"],
    prepare: async (workspace) => {
      await writeDrizzleModels(workspace);
      const program = await readFile(repoPath("bench", "floors", "import-models.ts"), "utf8");
      await writeFile(workspace.path("import-models.ts"), program);
    },
    ...(isEdited ? { before: changeDefault } : { isWarmed: true }),
    steps: ({ node, path }) => [
      {
        argv: [
          node,
          path("node_modules", "tsx", "dist", "cli.mjs"),
          path("import-models.ts"),
          path(INDEX),
          path("out.txt"),
        ],
      },
    ],
  };
}

interface Ideal {
  readonly name: string;
  readonly job: Job;
  /** What floors/ideal.ts is asked for. */
  readonly task: string;
}

/** The physical best of a tool that loads Drizzle models, and of one that knows that they have not changed. */
function ideals({ name, job, task }: Ideal): Contestant[] {
  const isScript = job === "generate";
  const target = (workspace: Workspace) => (isScript ? workspace.path("out.sql") : workspace.database);
  return [false, true].map((isCached) => ({
    name: isCached ? name.replace("ideal-", "ideal-cached-") : name,
    job,
    group: "floor",
    packages: ["esbuild", "drizzle-orm", "libsql"],
    isWarmed: isCached,
    isScaled: !isCached,
    prepare: async (workspace) => {
      await writeDrizzleModels(workspace);
      await compileFloor(workspace, "ideal");
      await bundleDrizzle(workspace);
    },
    before: (workspace) => remove(workspace, "out.sql", "local.db.backup"),
    steps: (workspace) => [
      {
        argv: [
          workspace.node,
          workspace.path("ideal.mjs"),
          task,
          workspace.path(INDEX),
          target(workspace),
          workspace.url,
          ...(isCached ? ["--cache"] : []),
        ],
      },
    ],
    ...(isScript && { script: (workspace: Workspace) => readFile(target(workspace), "utf8") }),
  }));
}

/** Only where there is something to save. */
const idealWithBackup = ideals({
  name: "ideal-apply-file + VACUUM INTO",
  job: "file",
  task: "apply-file+backup",
}).map((contestant) => ({ ...contestant, cases: ["old", "rows", "current"] as const }));

const readCatalog: Contestant = {
  name: "ideal-db-info",
  job: "info",
  group: "floor",
  packages: ["libsql"],
  prepare: (workspace) => compileFloor(workspace, "read-catalog"),
  steps: ({ node, path, database }) => [{ argv: [node, path("read-catalog.mjs"), database] }],
};

/** What no tool can be faster than, each with its own meaning of "no tool". */
export const floors: readonly Contestant[] = [
  ...start,
  importModels(true),
  importModels(false),
  ...ideals({ name: "ideal-generate", job: "generate", task: "generate" }),
  ...ideals({ name: "ideal-apply-file", job: "file", task: "apply-file" }),
  ...idealWithBackup,
  ...ideals({ name: "ideal-apply-remote", job: "remote", task: "apply-remote" }),
  ...ideals({ name: "ideal-apply-replica", job: "replica", task: "apply-replica" }),
  readCatalog,
];
