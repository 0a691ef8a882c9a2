import { extname, join, relative, sep } from "node:path";
import type { BuildOptions, OnResolveArgs, OnResolveResult, Plugin } from "esbuild";
import { chunksOf } from "../sql/chunks.ts";
import { COMPILER_OPTIONS, uncollected, type Esbuild } from "./bundle.ts";
import { isPlain, specifiersOf, targetOf } from "./module-graph.ts";

/** The content of modules by their path, which is relative to the project. */
export type ModuleContents = ReadonlyMap<string, Uint8Array>;

const FOLDER = "clean-slate-modules"; // where nothing is written

const OPTIONS = {
  ...COMPILER_OPTIONS,
  outdir: FOLDER,
  supported: { ...COMPILER_OPTIONS.supported, "dynamic-import": false }, // a script has no loader
} as const satisfies BuildOptions;

/** So many at once: for each of its entry points esbuild looks at all others. */
const MOST_ENTRIES = 64;

/** Compiles modules each by itself to CommonJS; by path. Rejects where one cannot be compiled. */
export async function compileModules(
  esbuild: Esbuild,
  root: string,
  contents: ModuleContents,
): Promise<ReadonlyMap<string, string>> {
  const parts = chunksOf([...contents], MOST_ENTRIES);
  const compiled = await Promise.all(parts.map((part) => compilePart(esbuild, root, new Map(part))));
  return new Map(compiled.flat());
}

async function compilePart(
  esbuild: Esbuild,
  root: string,
  contents: ModuleContents,
): Promise<(readonly [path: string, code: string])[]> {
  const plugins = [contentsOf(root, contents)];
  const options = { ...OPTIONS, ...entriesOf(root, contents), plugins, metafile: false };
  const { outputFiles, warnings } = await uncollected(() => esbuild.build(options));
  if (warnings.some(({ id }) => id === "commonjs-variable-in-esm"))
    throw new Error("in a bundle `module` and `exports` are those of the bundle");
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  return [...contents.keys()].map((path, index) => {
    const code = texts.get(join(root, FOLDER, `${index}.js`)) ?? "";
    return [path, code.replace(/^#!.*/, "")];
  });
}

/** What a module imports and exports as far as others can see. */
export interface ModuleFace {
  /** Which module each specifier means. */
  readonly imports: Readonly<Record<string, string>>;
  /** What can be imported from it, sorted. */
  readonly names: readonly string[];
}

/** How others see a module that was edited. */
export interface EditedFace {
  readonly names: readonly string[];
  /** All that it names, packages too; in the order in which it does. */
  readonly specifiers: readonly string[];
}

/**
 * The faces of edited modules among others that are as they were. Rejects where one imports a name that is not there, or is none that may
 * be run by itself.
 */
export async function facesOfEdited(
  esbuild: Esbuild,
  { root, contents, faces }: Faced,
): Promise<ReadonlyMap<string, EditedFace>> {
  const plugins = [standInsFor(root, faces), contentsOf(root, contents)];
  const options = { ...OPTIONS, ...entriesOf(root, contents), bundle: true, format: "esm", plugins } as const;
  const { metafile } = await uncollected(() => esbuild.build(options));
  return new Map(
    [...contents.keys()].map((path, index) => {
      const input = metafile.inputs[path];
      if (!input || !isPlain(input)) throw new Error("no ES module any more, or one that requires another");
      const names = metafile.outputs[`${FOLDER}/${index}.js`]?.exports ?? [];
      return [path, { names: names.toSorted(), specifiers: specifiersOf(input) }];
    }),
  );
}

export interface Faced {
  readonly root: string;
  readonly contents: ModuleContents;
  /** Of all modules there are. */
  readonly faces: ReadonlyMap<string, ModuleFace>;
}

/** The source map of a module that was compiled so, as JSON. */
export function mapOfModule(esbuild: Esbuild, root: string, path: string): string {
  const { outdir, ...options } = OPTIONS;
  const mapped = {
    ...options,
    sourcemap: "external",
    sourcesContent: false,
    outfile: `${outdir}.js`,
  } as const;
  const { outputFiles } = esbuild.buildSync({
    ...mapped,
    absWorkingDir: root,
    entryPoints: [join(root, path)],
  });
  return outputFiles.find((file) => file.path.endsWith(".map"))?.text ?? "";
}

/** Each is a file of its own, named by its position: two modules may differ in their endings alone. */
function entriesOf(root: string, modules: ReadonlyMap<string, unknown>) {
  const entryPoints = [...modules.keys()].map((path, index) => [index, join(root, path)] as const);
  return { absWorkingDir: root, entryPoints: Object.fromEntries(entryPoints) };
}

/** What is compiled is what was read, whatever is saved meanwhile. */
function contentsOf(root: string, contents: ModuleContents): Plugin {
  const absolute = new Map([...contents].map(([path, bytes]) => [join(root, path), bytes]));
  return {
    name: "module-contents",
    setup: (build) =>
      build.onLoad({ filter: /./, namespace: "file" }, ({ path }) => {
        const own = absolute.get(path);
        return own ? { contents: own, loader: "default" } : null;
      }),
  };
}

const STAND_IN = "stand-in";

/** In the place of each module that is imported stands one that exports the same names. */
function standInsFor(root: string, faces: Faced["faces"]): Plugin {
  const resolve = ({ kind, path, importer, namespace, ...args }: OnResolveArgs): OnResolveResult | null => {
    if (kind === "entry-point") return null;
    if (namespace === STAND_IN) return { path, external: true };
    const face = faces.get(relative(root, importer).split(sep).join("/"));
    const target = face && targetOf(face.imports, path);
    const isUsual = Object.keys(args.with).length === 0;
    if (!isUsual || (target === undefined && path.startsWith(".")))
      return { errors: [{ text: "not known" }] };
    return target === undefined ? { path, external: true } : { path: target, namespace: STAND_IN };
  };
  return {
    name: "stand-ins",
    setup: (build) => {
      build.onResolve({ filter: /./ }, resolve);
      build.onLoad({ filter: /./, namespace: STAND_IN }, ({ path }) => {
        const names = (faces.get(path)?.names ?? []).map((name) => JSON.stringify(name));
        const contents = `export { ${names.join()} } from "${STAND_IN}";`;
        return { contents, loader: extname(path).endsWith("ts") ? "ts" : "js" };
      });
    },
  };
}
