import { fileURLToPath } from "node:url";
import { main, type LoadedProgram } from "./main.ts";

void main(process.argv, async (command): Promise<LoadedProgram> => {
  const { runCompiled } = await import("./compiled.ts");
  const path = fileURLToPath(new URL("program.js", import.meta.url));
  const { exports, keep } = runCompiled<LoadedProgram>(path, command);
  return { ...exports, keep };
});
