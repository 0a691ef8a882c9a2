import { CleanSlateError, type ErrorCode } from "../errors.ts";

interface SqliteFault {
  readonly code: ErrorCode;
  readonly says: string;
  readonly hint: string;
}

/** By SQLite's primary result code (https://www.sqlite.org/rescode.html). */
const FAULTS: Readonly<Record<string, SqliteFault>> = {
  SQLITE_BUSY: {
    code: "DATABASE_BUSY",
    says: "is locked by another process",
    hint: "stop the program that uses it (a dev server, a database browser), then run the command again",
  },
  SQLITE_LOCKED: { code: "DATABASE_BUSY", says: "is in use", hint: "run the command again" },
  SQLITE_NOTADB: {
    code: "DATABASE_UNREADABLE",
    says: "is not a SQLite database, or it is encrypted",
    hint: "name another file with --database, or move this one away to start afresh",
  },
  SQLITE_CORRUPT: {
    code: "DATABASE_UNREADABLE",
    says: "is damaged",
    hint: "move the file and its -wal, -shm and -journal away to start afresh, or restore a backup",
  },
  SQLITE_CANTOPEN: {
    code: "DATABASE_UNREADABLE",
    says: "cannot be opened",
    hint: "check that its folder exists and that you may write there",
  },
  SQLITE_READONLY: {
    code: "WRITE_FAILED",
    says: "cannot be written",
    hint: "check the permissions of the file and its folder",
  },
  SQLITE_PERM: {
    code: "WRITE_FAILED",
    says: "cannot be written",
    hint: "check the permissions of the file and its folder",
  },
  SQLITE_FULL: {
    code: "WRITE_FAILED",
    says: "found no room on the disk",
    hint: "free some space, then run the command again",
  },
  SQLITE_IOERR: {
    code: "WRITE_FAILED",
    says: "met an error of the disk",
    hint: "check the disk, then run the command again",
  },
};

/** Wraps what the native driver throws about the file at `path`. */
export function failureFromSqlite(path: string, error: unknown): CleanSlateError {
  if (error instanceof CleanSlateError) return error;
  const { code = "", message = String(error) } = error as { code?: string; message?: string };
  const said = message.replace(/^(?:SQLITE_\w+: )+/, "");
  const name = Object.keys(FAULTS).find(
    (prefix) => code.startsWith(prefix) || faultInText(message) === prefix,
  );
  const fault = name === undefined ? undefined : FAULTS[name];
  if (!fault) return new CleanSlateError("SQL_INVALID", said, { cause: error });
  return new CleanSlateError(fault.code, `"${path}" ${fault.says} (${said})`, {
    hint: fault.hint,
    cause: error,
  });
}

/** The native driver gives no code for some faults of opening. */
function faultInText(message: string): string | null {
  if (/file is not a database/i.test(message)) return "SQLITE_NOTADB";
  if (/unable to open database file|ConnectionFailed/i.test(message)) return "SQLITE_CANTOPEN";
  if (/malformed/i.test(message) && !/JSON/.test(message)) return "SQLITE_CORRUPT";
  if (/readonly database/i.test(message)) return "SQLITE_READONLY";
  return /database is locked/i.test(message) ? "SQLITE_BUSY" : null;
}
