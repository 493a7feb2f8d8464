/**
 * Modules of the user's own that Node is to load, which may be TypeScript: scenarios, a configuration, a test. Each is bundled with
 * what it imports of the project; packages are imported from where the project has them, so that a package which was loaded
 * before is the same one.
 *
 * The bundle stands in a folder of its own until the process ends, so that worker threads can load it too. Places in stack
 * traces are those of the sources.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Plugin } from "rolldown";
import { bundler, bundlingProblem, PLACES, ProgramError } from "./bundler.js";

export interface ModuleSource {
  /** What the bundle is called, for people who meet it in a stack trace. */
  readonly name: string;
  /** The module that everything begins with; it imports by absolute path. */
  readonly code: string;
  /** URLs of modules that stand in for packages, by the packages' names. */
  readonly instead?: Readonly<Record<string, string>>;
}

const ENTRY = "\0seedstorm:module";
const TYPESCRIPT = /\.[mc]?tsx?$/;
const INSTALLED = /[\\/]node_modules[\\/]/;
/** This package is never copied into a bundle: two copies of it would be strangers to each other. */
const OWN = /^seedstorm(?:\/|$)/;

/** URL of the bundled module, of whose exports there are `scenarios` and `default`. Rejects with a ProgramError. */
export async function bundledModule({ name, code, instead = {} }: ModuleSource): Promise<string> {
  const { rolldown } = await bundler();
  try {
    const build = await rolldown({
      input: ENTRY,
      platform: "node",
      logLevel: "silent",
      transform: { target: "es2022" },
      treeshake: false,
      plugins: [entry(code), packages(instead), PLACES],
    });
    const { output } = await build.generate({
      format: "esm",
      codeSplitting: false,
      sourcemap: "inline",
      sourcemapPathTransform: (source) => resolve("dist", source), // it gives them as seen from there
    });
    await build.close();
    return written(name, output[0].code);
  } catch (cause) {
    throw new ProgramError(bundlingProblem(cause), { cause });
  }
}

const entry = (code: string): Plugin => ({
  name: "entry",
  resolveId: (id) => (id === ENTRY ? id : undefined),
  load: (id) => (id === ENTRY ? code : undefined),
});

/** Packages stay where they are. What a workspace links in as TypeScript belongs to the project. */
const packages = (instead: Readonly<Record<string, string>>): Plugin => ({
  name: "packages",
  async resolveId(id, importer) {
    if (id === ENTRY || importer === undefined) return undefined;
    if (isBuiltin(id)) return { id, external: true };
    const other = instead[id];
    if (other !== undefined) return { id: other, external: true };
    if (/^[./]|^file:/.test(id)) return id.startsWith("file:") ? fileURLToPath(id) : undefined;
    const found = await this.resolve(id, importer, { skipSelf: true });
    if (found === null) {
      const place = importer.startsWith("\0") ? "" : ` (imported by ${basename(importer)})`;
      throw new Error(`the package "${id}" is not installed${place}`);
    }
    const stays = OWN.test(id) || (INSTALLED.test(found.id) && !TYPESCRIPT.test(found.id));
    return stays ? { id: pathToFileURL(found.id).href, external: true } : found;
  },
});

let folder: string | undefined;
let count = 0;

function written(name: string, code: string): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "seedstorm-modules-"));
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  const place = join(folder, String(++count));
  mkdirSync(place);
  writeFileSync(join(place, `${name}.js`), code);
  // A module of its own, since Node reads the map of those only that are loaded after this has been said.
  const loader = join(place, "index.js");
  const source = JSON.stringify(`./${name}.js`);
  writeFileSync(join(place, "package.json"), '{ "type": "module" }');
  writeFileSync(
    loader,
    `process.setSourceMapsEnabled(true);
const { scenarios, default: whole } = await import(${source});
export { scenarios, whole as default };
`,
  );
  return pathToFileURL(loader).href;
}
