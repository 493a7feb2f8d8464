/**
 * Two bundles that the package carries.
 *
 * `dist/client`: the code and the style that run inside of HTML reports, so that each report carries all it needs, the licence
 * of the plot library included.
 *
 * `dist/effect`: effect's schemas, which check files. The package that they come from takes 61 MB on a disk, these three
 * modules and what they need a third of one; compiled code imports them from here, so that users need not install the rest.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { resolve } = createRequire(import.meta.url);
const uplot = (path: string): string => resolve(`uplot/${path}`);
const read = (path: string): string => readFileSync(path, "utf8");

const SCHEMA_MODULES = ["Schema", "SchemaIssue", "Result"];
const effectLicence = join(dirname(resolve("@effect/schema/package.json")), "LICENSE");

/** The compiled modules import the bundle in the place of the package. */
function importBundled(): void {
  for (const entry of readdirSync(local("dist"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".js")) continue;
    const text = read(join(entry.parentPath, entry.name));
    const bundle = relative(entry.parentPath, local("dist/effect")).replaceAll("\\", "/");
    const bundled = text.replaceAll(/"@effect\/schema\/(\w+)"/g, `"${bundle}/$1.js"`);
    if (bundled !== text) writeFileSync(join(entry.parentPath, entry.name), bundled);
  }
}

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
    plugins: [{ name: "import-bundled", writeBundle: importBundled }],
    output: {
      dir: local("dist/effect"),
      chunkFileNames: "shared-[hash].js",
      cleanDir: true,
      minify: true,
      postBanner: `/*! effect, https://github.com/Effect-TS/effect\n${read(effectLicence)}*/`,
    },
  },
]);
