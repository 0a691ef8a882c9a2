import { Command, Option } from "commander";
import { VERSION } from "../version.ts";
import { createContext, type Context, type ExitCode } from "./context.ts";
import type { Output } from "./output.ts";

/** A command's own part, loaded when it is run. */
type Run = (context: Context, options: never) => Promise<ExitCode | void>;

export interface ProgramOptions {
  readonly output: Output;
  /** How the program was called. */
  readonly call: string;
  readonly onExit: (code: ExitCode) => void;
}

const ENVIRONMENT = `
Environment (flag > environment > .env > default):
  TURSO_DATABASE_URL   the Turso (libSQL) primary; without it the local file is rebuilt
  TURSO_AUTH_TOKEN     its token
  LOCAL_DB_PATH        the local file, or the replica's file (default: local.db)
  CLEAN_SLATE_MODELS, CLEAN_SLATE_OUT, CLEAN_SLATE_CASING, CLEAN_SLATE_TIMEOUT, CLEAN_SLATE_BACKUP_DIR   as the options
  CLEAN_SLATE_PRODUCTION   patterns of names and hosts whose name must be typed (default: prod,prod?,production,prd,live)

Exit codes: 0 done, 1 failed, 2 a difference was found, 130 cancelled.
`;

/** Describes the whole command line. Nothing of a command is loaded before it runs. */
export function createProgram({ output, call, onExit }: ProgramOptions): Command {
  const program = new Command(call)
    .description(
      "Your Drizzle models are the truth: gives a SQLite, libSQL or Turso development database back from them.",
    )
    .version(VERSION)
    .showHelpAfterError(`(${call} --help shows every command)`)
    // Of wrong usage the one document of --json says it instead.
    .configureOutput({ writeOut: output.print, writeErr: output.isJson ? () => {} : output.printError })
    .exitOverride()
    .enablePositionalOptions()
    .addHelpText("before", examples(call))
    .addHelpText("after", ENVIRONMENT);
  const add = (name: string, load: () => Promise<{ run: Run }>): Command => {
    const command = program
      .command(name)
      .exitOverride()
      .showHelpAfterError(`(${call} ${name.split(" ")[0]} --help shows its options)`);
    return withSharedOptions(command).action(async () => {
      const { run } = await load();
      const options = { ...command.opts(), operands: command.args };
      onExit((await run(createContext(command, output), options as never)) ?? 0);
    });
  };
  addReviewCommands(add);
  addDestructiveCommands(add);
  addUndoCommands(add);
  addDiagnosticCommands(add);
  addTestCommands(add);
  return program;
}

type Add = (name: string, load: () => Promise<{ run: Run }>) => Command;

function addReviewCommands(add: Add): void {
  add("generate-migration", () => import("./commands/generate-migration.ts"))
    .helpGroup("Review:")
    .summary("write the models' CREATE SQL for review; touches no database")
    .description("Writes the models' CREATE SQL into a timestamped file for review. Touches no database.")
    .option("--name <words>", "what the file is called after its time (default: schema)")
    .option("--force", "write although the newest file already makes this schema")
    .option("--stdout", "print the SQL instead of writing a file");
}

function addDestructiveCommands(add: Add): void {
  add("apply-migration", () => import("./commands/apply-migration.ts"))
    .helpGroup("Rebuild (destructive):")
    .summary("drop every object and recreate all from the models")
    .description(
      "Drops every object of the database and recreates all from the models, in one atomic transaction, then proves it.\n" +
        "Shows what is lost and asks first. With TURSO_DATABASE_URL the primary is rebuilt and the replica follows.",
    )
    .option("--yes", "do not ask; needed where there is no terminal")
    .option("--dry-run", "show what would be lost and the complete SQL, and stop")
    .option("--file <sql>", "apply this reviewed file instead of the models")
    .option("--remote-only", "rebuild the primary and leave the replica alone")
    .option("--verbose", "list every object that is lost")
    .option("--confirm <name>", "the database's name, where --yes alone is not enough")
    .option("--no-backup", "make no backup first: nothing will bring the rows back")
    .option("--allow-protected <name>", "destroy the database of this name although it is protected");
  add("protect", () => import("./commands/protect.ts"))
    .helpGroup("Rebuild (destructive):")
    .summary("mark the database as not to be rebuilt")
    .description(
      "Marks the database as not to be rebuilt, by a row in its table _clean_slate that travels with it. A rebuild is refused\n" +
        "until unprotect, or with --allow-protected <name>.",
    )
    .option("--reason <text>", "why; shown by whatever is refused")
    .option("--remote-only", "the primary only, never a local file");
  add("unprotect", () => import("./commands/unprotect.ts"))
    .helpGroup("Rebuild (destructive):")
    .summary("take the mark of protect away")
    .description("Takes the mark of protect away, so that the database can be rebuilt again.")
    .option("--remote-only", "the primary only, never a local file");
}

function addUndoCommands(add: Add): void {
  add("restore [backup]", () => import("./commands/restore.ts"))
    .helpGroup("Undo:")
    .summary("put a backup's schema and rows back, the newest when none is named")
    .description(
      "Replaces the database by a backup (its name, a part of it, its label, or latest), in one atomic transaction, and proves it.\n" +
        "Makes a backup of what is there first, shows what is lost and asks. After apply-migration it is the undo.",
    )
    .option("--yes", "do not ask; needed where there is no terminal")
    .option("--dry-run", "show what would be replaced, and stop")
    .option("--remote-only", "restore the primary and leave the replica alone")
    .option("--verbose", "list every object that is lost")
    .option("--confirm <name>", "the database's name, where --yes alone is not enough")
    .option("--no-backup", "make no backup of what is there now")
    .option("--allow-protected <name>", "replace the database of this name although it is protected");
  add("backup", () => import("./commands/backup.ts"))
    .helpGroup("Undo:")
    .summary("make a backup now; changes nothing in the database")
    .description("Makes a backup of the database now. Changes nothing in it.")
    .option("--name <words>", "what to call it; it is not deleted by the automatic limits")
    .option("--remote-only", "the primary only, never a local file");
  add("backups [prune]", () => import("./commands/backups.ts"))
    .helpGroup("Undo:")
    .summary("list the backups; backups prune --keep 5 deletes the older ones")
    .description(
      "Lists the backups, newest last. With prune, deletes all but the newest ones of each database; the newest that holds rows\nalways stays.",
    )
    .option("--keep <count>", "how many backups of each database prune keeps");
}

function addDiagnosticCommands(add: Add): void {
  add("db-info", () => import("./commands/db-info.ts"))
    .helpGroup("Diagnose:")
    .summary("show configuration, tables, drift and sync state; changes nothing")
    .description("Shows configuration, files, tables, drift from the models and sync state. Changes nothing.")
    .option("--remote-only", "leave the replica out");
  add("check", () => import("./commands/check.ts"))
    .helpGroup("Diagnose:")
    .summary("compare the models with the database; exit code 2 when they differ")
    .description(
      "Compares the models with the live database and changes nothing.\n" +
        "Exit code 0: equal; 2: different; 1: they cannot be compared.",
    )
    .option("--file [sql]", "compare with this reviewed file, or the newest, and touch no database")
    .option("--sql", "show the difference as SQL too, in a unified diff")
    .option("--ignore <globs...>", "leave out objects that belong to others, for instance '__drizzle*'")
    .option("--remote-only", "the primary only, never a local file");
  add("test-auth", () => import("./commands/test-auth.ts"))
    .helpGroup("Diagnose:")
    .summary("try the Turso token: decode it, read, and write without a trace")
    .description(
      "Tries the Turso token: decodes it, reads with it, and writes with it without leaving a trace.\nExit code 0 only if a rebuild would be let in.",
    );
  add("sync", () => import("./commands/sync.ts"))
    .helpGroup("Diagnose:")
    .summary("bring the replica to its primary's state and prove the two equal")
    .description(
      "Brings the replica to its primary's state and proves the two equal. Changes nothing on the primary.",
    );
}

function addTestCommands(add: Add): void {
  add("test-env <action> [name]", () => import("./commands/test-env.ts"))
    .helpGroup("Test environments:")
    .summary("create, list or destroy a throwaway libSQL server that holds the models' schema")
    .description(
      "create [name]: starts a real libSQL server on this machine with the models applied, and prints the variables for a .env,\n" +
        "so that an application with an embedded replica runs without an account. list: shows them. destroy: leaves nothing.",
    )
    .option(
      "--seed <file>",
      "create: an .sql file, or a module whose default export gets the Drizzle database",
    )
    .option("--idle <minutes>", "create: the server ends after so long without a request (default: never)")
    .option(
      "--write-env <file>",
      "create: write the variables into this new file instead of printing the token",
    )
    .option("--all", "destroy: every environment of this project");
}

function withSharedOptions(command: Command): Command {
  return command
    .option("--json", "print one JSON document")
    .option("--no-color", "no colours (also: NO_COLOR)")
    .option("--env-file <path>", "read this file instead of .env")
    .option("--models <folder>", "folder of the Drizzle models (default: models)")
    .option("--out <folder>", "folder of the reviewed SQL files (default: migrations/sql)")
    .option("--database <path>", "the local file, or the replica's file (default: local.db)")
    .addOption(new Option("--casing <style>", "the casing given to drizzle(): snake_case or camelCase"))
    .option("--backup-dir <folder>", "folder of the backups (default: .clean-slate/backups)")
    .option("--timeout <seconds>", "how long a network step may take (default: 30)");
}

function examples(call: string): string {
  return `Examples:
  ${call} generate-migration             review the SQL in migrations/sql
  ${call} apply-migration --dry-run      see what would be lost
  ${call} apply-migration                rebuild, after a confirmation
  ${call} db-info                        what is there, and does it match the models?
`;
}
