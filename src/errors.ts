/** Every way Clean Slate fails, as a stable code a program can match on. */
export type ErrorCode =
  | "AUTH_EXPIRED"
  | "AUTH_MISSING"
  | "AUTH_READ_ONLY"
  | "AUTH_REJECTED"
  | "BACKUP_DAMAGED"
  | "BACKUP_FAILED"
  | "BACKUP_NOT_FOUND"
  | "CANCELLED"
  | "CONFIG_INVALID"
  | "CONFIRMATION_REQUIRED"
  | "CONNECTION_LOST"
  | "CONNECTION_REFUSED"
  | "DATABASE_BUSY"
  | "DATABASE_CHANGED"
  | "DATABASE_NOT_FOUND"
  | "DATABASE_PROTECTED"
  | "DATABASE_UNREADABLE"
  | "DNS_FAILED"
  | "ENVIRONMENT_EXISTS"
  | "ENVIRONMENT_NOT_FOUND"
  | "LOCKED"
  | "MIGRATION_INVALID"
  | "MODELS_INVALID"
  | "MODELS_NOT_FOUND"
  | "OUTCOME_UNKNOWN"
  | "PACKAGE_MISSING"
  | "PROOF_FAILED"
  | "REBUILD_FAILED"
  | "REPLICA_BROKEN"
  | "RESTORE_FAILED"
  | "SEED_FAILED"
  | "SERVER_FAILED"
  | "SQL_INVALID"
  | "TIMEOUT"
  | "TLS_FAILED"
  | "USAGE"
  | "WRITE_FAILED";

export interface ErrorDetails {
  /** The next command to type (`clean-slate <command>`), or the next thing to do. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The one error class: `message` says what happened with the value, `hint` what to type next. */
export class CleanSlateError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "CleanSlateError";
    this.code = code;
    this.hint = details.hint;
  }
}
