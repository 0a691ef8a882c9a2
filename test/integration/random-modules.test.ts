import fc from "fast-check";
import { expect, test } from "vitest";
import { bundled, exportsOf, linked, projectWith } from "../support/linked-models.ts";

const PATHS = ["models/a.ts", "models/b.ts", "models/c.js", "models/d.mts", "lib/e.ts"] as const;

interface Place {
  /** The module that says it. */
  readonly at: string;
  /** Another one, or the same, as an import names it. */
  readonly from: string;
  /** A name that it may export. */
  readonly name: string;
  /** For what is named here. */
  readonly id: number;
}

/** What a module may say. `log` tells the order in which modules run, and what they see then. */
const STATEMENTS: readonly ((place: Place) => string)[] = [
  ({ from, name, id, at }) =>
    `import { ${name} as i${id} } from "${from}"; log.push(["${at}", typeof i${id}]);`,
  ({ from, name, id }) =>
    `import { ${name} as i${id} } from "${from}"; export const own${id} = () => [i${id}];`,
  ({ from }) => `export * from "${from}";`,
  ({ from, name, id }) =>
    `import * as n${id} from "${from}"; log.push(Object.keys(n${id})); export const own${id} = () => n${id}.${name};`,
  ({ from, id }) => `export * as own${id} from "${from}";`,
  ({ from, name, id }) => `export { ${name} as own${id} } from "${from}";`,
  ({ from, id }) => `export { default as own${id} } from "${from}";`,
  ({ from, id, at }) =>
    `import d${id} from "${from}"; log.push(["${at}", typeof d${id}]); export const own${id} = () => d${id};`,
  ({ from, at }) => `import "${from}"; log.push("${at} after ${from}");`,
  ({ id, at }) => `export function own${id}() { return "${at}"; }`,
  ({ id, at }) => `export class Own${id} { static at = "${at}"; }`,
  ({ from, name, id, at }) =>
    at.endsWith("js")
      ? ""
      : `import { type ${name} as t${id} } from "${from}"; export type K${id} = typeof t${id};`,
];

const statement = fc.record({
  say: fc.constantFrom(...STATEMENTS),
  from: fc.constantFrom(...PATHS.map((path) => `@/${path}`)),
  name: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom("x", "y") },
    { weight: 1, arbitrary: fc.constant("own0") },
  ),
});

/** What most modules export, so that most imports find something. */
const BASE = ["x", "y", "default"];

const source = fc.record({
  base: fc.oneof({ weight: 9, arbitrary: fc.constant(BASE) }, { weight: 1, arbitrary: fc.subarray(BASE) }),
  value: fc.nat(9),
  statements: fc.array(statement, { maxLength: 3 }),
});

/** What is called `name` in the module of a path, and has another name in each: what two of them call the same is left to the bundle. */
function named(name: string, path: string): string {
  return name === "own0" ? name : `${name}_${/(\w)\.\w+$/.exec(path)?.[1]}`;
}

type Source = typeof source extends fc.Arbitrary<infer T> ? T : never;

function render({ base, value, statements }: Source, at: string): string {
  const own = base.map((name) =>
    name === "default"
      ? `export default ["${at}", ${value}];`
      : `export let ${named(name, at)} = ["${name} of ${at}", ${value}];`,
  );
  const said = statements.map(({ say, from, name }, id) => say({ at, from, name: named(name, from), id }));
  return [`import { log } from "@/lib/log";`, `log.push("${at}");`, ...own, ...said].join("\n");
}

test("modules that are linked one by one are what the bundle makes of them, unless the bundle decides", async () => {
  const sources = fc.tuple(...PATHS.map(() => source));
  const edits = fc.array(fc.tuple(fc.nat(PATHS.length - 1), source), { minLength: 1, maxLength: 3 });
  let compared = 0;
  const property = fc.asyncProperty(sources, edits, async (first, changes) => {
    const modules = first.map((own, index) => [PATHS[index], render(own, PATHS[index] ?? "")]);
    await using project = await projectWith(
      { "log.ts": `export { log } from "@/lib/log";` },
      {
        ...Object.fromEntries(modules),
        "lib/log.js": "export const log = [];",
        "tsconfig.json": `{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }`,
      },
    );
    const whole = () => bundled(project).then(exportsOf, (error: unknown) => String(error));
    await whole();
    for (const [index, edited] of changes) {
      const path = PATHS[index] ?? PATHS[0];
      await project.write(path, render(edited, path));
      const run = await linked(project);
      run?.keep();
      const expected = await whole();
      if (run === null) continue;
      compared++;
      expect(exportsOf(run)).toBe(expected);
    }
  });
  await fc.assert(property, { numRuns: 60 });
  expect(compared).toBeGreaterThan(10);
}, 60_000);
