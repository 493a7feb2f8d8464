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
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Plugin } from "rolldown";
import { bundled, bundler, bundlingProblem, ProgramError } from "./bundler.js";

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
  const rolldown = await bundler();
  try {
    const plugins = [entry(code), packages(instead)];
    const chunk = await bundled(rolldown, ENTRY, plugins, { sourcemap: "inline" });
    return written(name, chunk.code);
  } catch (cause) {
    throw new ProgramError(bundlingProblem(cause), { cause });
  }
}

/**
 * URL of a module with the `scenarios` of all of these, by absolute path: of one in JavaScript its own, else that of a bundle, whose
 * default export says which came from which. Rejects with a ProgramError.
 */
export async function scenarioModule(paths: readonly string[]): Promise<string> {
  const [first = ""] = paths;
  if (paths.length === 1 && !TYPESCRIPT.test(first)) return pathToFileURL(first).href;
  const names = paths.map((_, i) => `module${i}`);
  const code = [
    ...paths.map((path, i) => `import * as ${names[i]} from ${JSON.stringify(path)};`),
    `export default [${names.map((name) => `${name}.scenarios`).join(", ")}];`,
    `export const scenarios = [${names.map((name) => `${name}.scenarios ?? []`).join(", ")}].flat();`,
  ].join("\n");
  return bundledModule({ name: nameOf(first), code });
}

/** URL of a module with the default export of this one, by absolute path. Rejects with a ProgramError. */
export async function defaultModule(path: string): Promise<string> {
  if (!TYPESCRIPT.test(path)) return pathToFileURL(path).href;
  const code = `import * as whole from ${JSON.stringify(path)};\nexport default whole.default;`;
  return bundledModule({ name: nameOf(path), code });
}

/** What a bundle of this file is called. */
export const nameOf = (path: string): string => basename(path).replace(/\.\w+$/, "");

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
