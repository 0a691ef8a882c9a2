// Kills rebuilds (SIGKILL) at every statement boundary and at random times, and looks at what is left.
// Run it with: node --import tsx bench/kill.mjs [how many times as many random kills]
// Every kill must leave exactly the old or exactly the new database, sound, and a next run that needs no help.
import { createKillWorld } from "../test/support/kill.ts";

const factor = Number(process.argv[2] ?? 1);
const times = (count, make) => Array.from({ length: Math.ceil(count * factor) }, make);
const upTo = (limit) => Math.round(Math.random() * limit * 10) / 10;
const everyStatement = ({ statements }) =>
  Array.from({ length: statements }, (_, statement) => ({ kind: "statement", statement }));
/** The transaction on a file takes a fraction of what the program does after it. */
const soon = (count) => () => times(count, () => ({ kind: "time", ms: upTo(20) }));
const anyTime =
  (count) =>
  ({ duration }) =>
    times(count, () => ({ kind: "time", ms: upTo(duration) }));
const everyRequest = () => [0, 1, 2].map((request) => ({ kind: "request", request }));
const server =
  (count) =>
  ({ duration }) =>
    times(count, () => ({ kind: "server", ms: upTo(duration) }));
const sync = (count) => () => times(count, () => ({ kind: "sync", delay: upTo(250) }));

const PLAN = [
  { kind: "local", journal: "delete", sources: [everyStatement, soon(40)] },
  { kind: "local", journal: "wal", sources: [everyStatement, soon(20)] },
  { kind: "replica", sources: [everyRequest, anyTime(20), sync(15), server(8)] },
  { kind: "remote", sources: [everyRequest, anyTime(20), server(8)] },
];

const started = performance.now();
const table = [];
const faults = [];
for (const { kind, journal, sources } of PLAN) {
  const world = await createKillWorld(kind, journal === undefined ? {} : { journal });
  const name = journal === undefined ? kind : `${kind} (${journal})`;
  try {
    for (const point of sources.flatMap((source) => source(world))) note(name, await world.kill(point));
  } finally {
    await world[Symbol.asyncDispose]();
  }
}

function note(target, { point, hit, state, faults: found }) {
  let row = table.find((other) => other.target === target && other.kill === point.kind);
  if (!row)
    table.push(
      (row = { target, kill: point.kind, kills: 0, "met it running": 0, old: 0, new: 0, faults: 0 }),
    );
  row.kills += 1;
  row["met it running"] += Number(hit);
  row[state] += 1;
  row.faults += found.length;
  for (const fault of found) faults.push(`${target}, ${JSON.stringify(point)}: ${fault}`);
  process.stderr.write(found.length === 0 ? "." : "F");
}

console.log("");
console.table(table);
const kills = table.reduce((sum, row) => sum + row.kills, 0);
console.log(
  `${kills} kills in ${Math.round((performance.now() - started) / 1000)} s, ${faults.length} faults`,
);
for (const fault of faults) console.log(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
