// Loaded into the program by --import: ends it where KILL_AT says, and tells on stderr that the destructive part has begun.
import { writeSync } from "node:fs";
import { ClientRequest } from "node:http";
import { createRequire } from "node:module";

const at = JSON.parse(process.env.KILL_AT ?? "{}");
const die = () => process.kill(process.pid, "SIGKILL");
/** Written at once, also when the process is about to be killed. */
const mark = () => writeSync(2, "\u0001begun\n");

/** Since the BEGIN of the write transaction on a local file; null before it. */
let statements = null;

/** Counts statements from the BEGIN of the write transaction on; 0 is the BEGIN itself. */
function watchStatements() {
  const require = createRequire(import.meta.url);
  const Database = require("libsql");
  for (const method of ["exec", "prepare"]) {
    const original = Database.prototype[method];
    Database.prototype[method] = function (sql) {
      if (statements === null && sql.startsWith("BEGIN EXCLUSIVE")) {
        statements = 0;
        mark();
      }
      if (statements !== null && statements++ === at.statement) die();
      return original.call(this, sql);
    };
  }
}

/** Counts requests from the one that holds the transaction on: killed before it is sent (0), after its answer (1), …, or later, while the replica syncs */
function watchRequests() {
  const end = Reflect.get(ClientRequest.prototype, "end");
  let count = null;
  ClientRequest.prototype.end = function (body) {
    if (count === null && String(body).includes("BEGIN IMMEDIATE")) {
      count = 0;
      mark();
    }
    if (count !== null) {
      if (count++ === at.request) die();
      this.once("response", () => {
        if (count === at.request) die();
        if (count === 1 && at.kind === "sync") setTimeout(die, at.delay);
      });
    }
    return end.call(this, body);
  };
}

process.on("exit", () => writeSync(2, `\u0001statements ${statements ?? 0}\n`));
watchStatements();
watchRequests();
