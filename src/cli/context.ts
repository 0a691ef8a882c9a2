import type { Command } from "commander";
import type { Deps } from "../actions/deps.ts";
import { readConfig, type ConfigFlags } from "../project/config.ts";
import type { Output } from "./output.ts";

/** 0 done, 1 failed, 2 a difference was found, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;

/** What every command runs with. */
export interface Context {
  readonly deps: Deps;
  readonly output: Output;
}

/** Resolves the configuration of the working directory from the flags of a command. */
export function createContext(command: Command, output: Output): Context {
  const config = readConfig(process.cwd(), command.optsWithGlobals<ConfigFlags>());
  return {
    output,
    deps: {
      config,
      now: () => new Date(),
      randomId: () => crypto.randomUUID(),
      progress: (message) => output.progress(message),
    },
  };
}
