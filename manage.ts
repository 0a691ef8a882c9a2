import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

interface Sources {
  readonly files: readonly string[];
  readonly hash: string;
}

const here = (path: string): URL => new URL(path, import.meta.url);

/** Whether the program that `npm install` built is made of these very sources. */
function isBuilt(): boolean {
  try {
    const { files, hash } = JSON.parse(readFileSync(here("dist/cli/sources.json"), "utf8")) as Sources;
    const found = createHash("sha256");
    for (const file of files) found.update(readFileSync(here(file))).update("\0");
    return found.digest("hex") === hash;
  } catch {
    return false;
  }
}

// tsx takes longer to load a hundred sources one by one than most commands take to run.
if (isBuilt()) createRequire(import.meta.url)("./dist/cli/bin.js");
else
  void import("./src/cli/main.ts").then(({ main }) =>
    main(process.argv, () => import("./src/cli/command-line.ts")),
  );
