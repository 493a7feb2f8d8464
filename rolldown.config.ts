/**
 * What the build makes of the sources, in `dist`: it is what the package carries.
 *
 * `*.js`: the library's entry points, the command, its worker and our scenarios, with what they share in chunks. A few files
 * load in a fraction of the time that hundreds take, and each thread of a campaign loads them again. `licenses.txt` has the
 * licences of the packages in it, `catalogue.json` what there is in the scenarios.
 *
 * `client`: the code and the style that run inside of HTML reports, so that each report carries all it needs, the licence
 * of the plot library included.
 *
 * `effect`: effect's schemas, which check files. The package that they come from takes 61 MB on a disk, these three
 * modules and what they need a third of one; users need not install the rest.
 *
 * `examples`: compiled, importing the package by its name.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { defineConfig, type Plugin } from "rolldown";
import { DIRECT, ENTRY_POINTS, NAMES, unbundledManifest } from "./scripts/entry-points.js";

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { resolve } = createRequire(import.meta.url);
const uplot = (path: string): string => resolve(`uplot/${path}`);
const read = (path: string): string => readFileSync(path, "utf8");

const SCHEMA_MODULES = ["Schema", "SchemaIssue", "Result"];
const effectLicence = join(dirname(resolve("@effect/schema/package.json")), "LICENSE");

/**
 * Loaded by their places: the command, the scenarios, and what runs them in threads, which the code beside it looks for.
 * The command's place stays: `npx` keeps the link that it once made to a clone's.
 */
const PROGRAMS = {
  "bin/seedstorm": "bin/seedstorm.ts",
  scenarios: "src/scenarios/index.ts",
  "chunks/worker": "src/explore/runs/worker.ts",
  "chunks/apart-thread": "bin/apart-thread.ts",
  "storm-definitions": "src/vitest/storm-definitions.ts",
};

/** Compiled modules stand in `build` one by one, for benchmarks. */
const UNBUNDLED: Plugin = {
  name: "unbundled",
  writeBundle: () => writeFileSync(local("build/package.json"), unbundledManifest()),
};

/** The licences of the packages that the bundle carries. */
const LICENSES: Plugin = {
  name: "licenses",
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((part) => (part.type === "chunk" ? part.moduleIds : []));
    const folders = modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []);
    const source = [...new Set(folders)].sort().map((folder) => {
      const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
      // One package has its licence in its README alone.
      const text = read(join(folder, file ?? "README.md"));
      return `${basename(folder)}\n\n${file === undefined ? text.slice(text.search(/^(#+ )?licen[cs]e/im)) : text}`;
    });
    this.emitFile({ type: "asset", fileName: "licenses.txt", source: source.join(`\n${"-".repeat(80)}\n`) });
  },
};

/** What is in the scenarios, so that the command can list it without loading them. */
const CATALOGUE: Plugin = {
  name: "catalogue",
  async writeBundle() {
    const built = (name: string) => import(pathToFileURL(local(`dist/${name}.js`)).href);
    const [{ scenarios }, { catalogueOf }] = await Promise.all([built("scenarios"), built("report")]);
    writeFileSync(local("dist/catalogue.json"), JSON.stringify(catalogueOf(scenarios)));
  },
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
    plugins: [DIRECT, NAMES, UNBUNDLED, LICENSES, CATALOGUE],
    // Nothing is left out: a call that stands there only to throw would be taken for one without effect.
    treeshake: false,
    output: {
      dir: local("dist"),
      minify: false,
      comments: false,
      chunkFileNames: "chunks/[name]-[hash].js",
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
