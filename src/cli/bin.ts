import * as nodeModule from "node:module";

// Node 22.8 and newer keep compiled code; @types/node of the oldest supported Node does not know it.
const { enableCompileCache } = nodeModule as { enableCompileCache?: () => void };
enableCompileCache?.();

void import("./main.ts").then(({ main }) => main(process.argv));
