import fc from "fast-check";
import { expect, test } from "vitest";
import { forget, largeProject, load, shown } from "../support/linked-models.ts";
import { createProject } from "../support/project.ts";

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

type Statement = (place: Place) => string;

/** What a module may say. `log` tells the order in which modules run, and what they see then. */
const STATEMENTS: readonly Statement[] = [
  ({ from, name, id, at }) =>
    `import { ${name} as i${id} } from "${from}"; log.push(["${at}", typeof i${id}]);`,
  ({ from, name, id }) =>
    `import { ${name} as i${id} } from "${from}"; export const own${id} = () => [i${id}];`,
  ({ from, name, id }) => `export { ${name} as own${id} } from "${from}";`,
  ({ from, at }) => `import "${from}"; log.push("${at} after ${from}");`,
  ({ id, at }) => `export function own${id}() { return "${at}"; }`,
  ({ id, at }) => `export class Own${id} { static at = "${at}"; }`,
  ({ from, name, id, at }) =>
    at.endsWith("js")
      ? ""
      : `import { type ${name} as t${id} } from "${from}"; export type K${id} = typeof t${id};`,
];

/** What copies that of another module. */
const COPIES: readonly Statement[] = [
  ({ from }) => `export * from "${from}";`,
  ({ from, name, id }) =>
    `import * as n${id} from "${from}"; log.push(Object.keys(n${id})); export const own${id} = () => n${id}.${name};`,
  ({ from, id, at }) =>
    `import d${id} from "${from}"; log.push(["${at}", typeof d${id}]); export const own${id} = () => d${id};`,
];

const statement = fc.record({
  say: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...STATEMENTS) },
    { weight: 1, arbitrary: fc.constantFrom(...COPIES) },
  ),
  from: fc.constantFrom(...PATHS.map((path) => `@/${path}`)),
  name: fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom("x", "y") },
    { weight: 1, arbitrary: fc.constant("own0") },
  ),
});

/** What most modules export, so that most imports find something. */
const BASE = ["x", "y", "default"];

const source = fc.record({
  base: fc.oneof({ weight: 20, arbitrary: fc.constant(BASE) }, { weight: 1, arbitrary: fc.subarray(BASE) }),
  value: fc.nat(9),
  statements: fc.array(statement, { maxLength: 3 }),
});

type Source = typeof source extends fc.Arbitrary<infer T> ? T : never;

function render({ base, value, statements }: Source, at: string): string {
  const own = base.map((name) =>
    name === "default"
      ? `export default ["${at}", ${value}];`
      : `export let ${name} = ["${name} of ${at}", ${value}];`,
  );
  const said = statements.map(({ say, from, name }, id) => say({ at, from, name, id }));
  return [`import { log } from "@/lib/log";`, `log.push("${at}");`, ...own, ...said].join("\n");
}

/** What a bundle has no value for yet, and a module by itself says so. */
const TOO_EARLY = /before initialization/;

test("modules that are run one by one are what the bundle makes of them, and the same from what was kept", async () => {
  const sources = fc.tuple(...PATHS.map(() => source));
  const edits = fc.array(fc.tuple(fc.nat(PATHS.length - 1), source), { minLength: 1, maxLength: 3 });
  const seen = { linked: 0, fromKept: 0 };
  const property = fc.asyncProperty(sources, edits, async (first, changes) => {
    const modules = first.map((own, index) => [PATHS[index], render(own, PATHS[index] ?? "")]);
    const models = { "log.ts": `export { log } from "@/lib/log";` };
    const files = {
      ...Object.fromEntries(modules),
      "lib/log.js": "export const log = [];",
      "tsconfig.json": `{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }`,
    };
    await using project = await largeProject(models, files);
    await using small = await createProject({ models, files });
    await shown(load(project));
    for (const [index, edited] of changes) {
      const path = PATHS[index] ?? PATHS[0];
      // an edit of a value alone, then of anything
      for (const text of [(files[path] ?? "").replace(/\d\];/, "77];"), render(edited, path)]) {
        await project.write(path, text);
        await small.write(path, text);
        const loading = load(project);
        const made = await shown(loading);
        const { linkage, isFromKept } = (await loading.catch(() => null)) ?? {};
        seen.linked += linkage ? 1 : 0;
        seen.fromKept += isFromKept ? 1 : 0;
        if (!TOO_EARLY.test(made)) expect(made).toBe(await shown(load(small)));
        await using fresh = await largeProject(models, { ...files, [path]: text });
        if (isFromKept) expect(made).toBe(await shown(load(fresh)));
      }
      files[path] = render(edited, path);
    }
    await forget(project);
  });
  await fc.assert(property, { numRuns: 15 });
  expect(seen.linked).toBeGreaterThan(8);
  expect(seen.fromKept).toBeGreaterThan(4);
}, 120_000);
