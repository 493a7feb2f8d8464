/**
 * What the build makes of the sources, in `dist`: it is what the package carries.
 *
 * `*.js`: the library's entry points, the command, its worker and our scenarios, with what they share in chunks. A few files
 * load in a fraction of the time that hundreds take, and each thread of a campaign loads them again.
 *
 * `client`: the code and the style that run inside of HTML reports, so that each report carries all it needs, the licence
 * of the plot library included.
 *
 * `effect`: effect's schemas, which check files. The package that they come from takes 61 MB on a disk, these three
 * modules and what they need a third of one; users need not install the rest.
 *
 * `examples`: compiled, importing the package by its name.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "rolldown";
import { entryPoints, NAMES, unbundledManifest } from "./scripts/entry-points.js";

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { resolve } = createRequire(import.meta.url);
const uplot = (path: string): string => resolve(`uplot/${path}`);
const read = (path: string): string => readFileSync(path, "utf8");

const SCHEMA_MODULES = ["Schema", "SchemaIssue", "Result"];
const effectLicence = join(dirname(resolve("@effect/schema/package.json")), "LICENSE");

const ENTRY_POINTS = entryPoints();

/**
 * Loaded by their places: the command, the scenarios, and what runs them in threads, which the code beside it looks for.
 * The command's place stays: `npx` keeps the link that it once made to a clone's.
 */
const PROGRAMS = {
  "bin/seedstorm": "bin/seedstorm.ts",
  scenarios: "src/scenarios/index.ts",
  "chunks/worker": "src/explore/runs/worker.ts",
};

/** Compiled modules stand in `build` one by one, for benchmarks. */
const UNBUNDLED: Plugin = {
  name: "unbundled",
  writeBundle: () => writeFileSync(local("build/package.json"), unbundledManifest()),
};

export default defineConfig([
  {
    input: local("src/report/html/client/main.ts"),
    tsconfig: local("src/report/html/client/tsconfig.json"),
    platform: "browser",
    plugins: [
      {
        name: "style",
        generateBundle() {
          const source = [uplot("dist/uPlot.min.css"), local("src/report/html/client/style.css")]
            .map(read)
            .join("\n");
          this.emitFile({ type: "asset", fileName: "report.css", source });
        },
      },
    ],
    output: {
      dir: local("dist/client"),
      entryFileNames: "report.js",
      format: "iife",
      minify: true,
      postBanner: `/*! uPlot, https://github.com/leeoniya/uPlot\n${read(uplot("LICENSE"))}*/`,
    },
  },
  {
    input: Object.fromEntries(SCHEMA_MODULES.map((name) => [name, resolve(`@effect/schema/${name}`)])),
    platform: "node",
    output: {
      dir: local("dist/effect"),
      chunkFileNames: "shared-[hash].js",
      minify: true,
      postBanner: `/*! effect, https://github.com/Effect-TS/effect\n${read(effectLicence)}*/`,
    },
  },
  {
    input: {
      ...Object.fromEntries([...ENTRY_POINTS].map(([name, source]) => [name, local(`${source}.ts`)])),
      ...Object.fromEntries(Object.entries(PROGRAMS).map(([name, source]) => [name, local(source)])),
    },
    platform: "node",
    plugins: [NAMES, UNBUNDLED],
    // Nothing is left out: a call that stands there only to throw would be taken for one without effect.
    treeshake: false,
    output: {
      dir: local("dist"),
      minify: false,
      chunkFileNames: "chunks/[name]-[hash].js",
      sourcemap: true,
      // Threads load the scenarios from whichever chunk they are in, by their name.
      minifyInternalExports: false,
    },
  },
  {
    input: local("examples/counter.ts"),
    platform: "node",
    external: /^seedstorm/,
    output: { dir: local("dist/examples"), sourcemap: true },
  },
]);
