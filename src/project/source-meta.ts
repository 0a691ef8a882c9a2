import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildOptions, OnLoadArgs, OnLoadResult } from "esbuild";

/** What a module says of where it is: each file of the bundle has one of its own, and `BUNDLE_META` is that of the bundle. */
const [SOURCE_META, BUNDLE_META] = ["cleanSlateSourceMeta", "cleanSlateBundleMeta"];

const USES_META = /\bimport\s*\.\s*meta\b|\b__(?:dir|file)name\b/;

/** Options with which `import.meta`, `__dirname` and `__filename` mean the source file, wherever the bundle, an ES module, is run. */
export const SOURCE_META_OPTIONS = {
  banner: { js: `const ${BUNDLE_META} = import.meta;` },
  define: {
    "import.meta": SOURCE_META,
    __dirname: `${SOURCE_META}.dirname`,
    __filename: `${SOURCE_META}.filename`,
  },
  plugins: [{ name: "source-meta", setup: (build) => build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, load) }],
} as const satisfies BuildOptions;

/** On the first line, so that all lines keep their numbers; a `#!` must stay before it. */
function load({ path, namespace, suffix }: OnLoadArgs): OnLoadResult | null {
  if (namespace !== "file" || suffix !== "") return null;
  const text = readFileSync(path, "utf8");
  if (!USES_META.test(text)) return null;
  const [interpreter] = /^\uFEFF?(?:#![^\n]*\n)?/.exec(text) ?? [""];
  return {
    contents: `${interpreter}${declaration(path)}${text.slice(interpreter.length)}`,
    loader: "default",
  };
}

/** Packages are found from the bundle, as those it imports. */
function declaration(filename: string): string {
  const { href } = pathToFileURL(filename);
  const own = JSON.stringify({ url: href, dirname: dirname(filename), filename });
  const resolve = `(to) => ${BUNDLE_META}.resolve(/^\\.{0,2}\\//.test(to) ? new URL(to, ${JSON.stringify(href)}).href : to)`;
  return `const ${SOURCE_META} = { ...${BUNDLE_META}, ...${own}, resolve: ${resolve} };`;
}
