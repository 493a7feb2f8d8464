/**
 * A program is an entry file: bundled once with all that it imports, compiled once into a function whose parameters are
 * its world, and evaluated anew in each process. So module state is lost with the process and shared with nobody, at a
 * price of a few milliseconds a boot.
 *
 * TypeScript is taken as it is. Modules of Node are left to the process. An `import()` whose specifier is only known at
 * run time finds nothing, and native add-ons throw when they are loaded.
 */
import { SourceMap, type SourceMapPayload } from "node:module";
import { basename, dirname, resolve } from "node:path";
import { Script } from "node:vm";
import { BETTER_SQLITE3, isNodeModule } from "../builtins/index.js";
import { parameterNames } from "../env/globals.js";
import { bundler, bundlingProblem, PLACES, ProgramError } from "./bundler.js";

type Exports = Readonly<Record<string, unknown>>;
type Compiled = (...world: unknown[]) => (take: (exports: Exports) => void) => Promise<void>;

const ENTRY = "\0seedstorm:entry";
const BUILTIN = "\0seedstorm:builtin:";
const NATIVE = "\0seedstorm:native:";
/** What better-sqlite3 looks for its native add-on with: it finds one of the process. */
const ADD_ON = "\0seedstorm:add-on.cjs";
const IN_BETTER_SQLITE3 = /node_modules[\\/]better-sqlite3[\\/]/;
/** Lines before the bundle's first. */
const LINES_AHEAD = 1;

/** What a program sees: a process, as a rule. */
export interface ProgramWorld {
  readonly globals: ReadonlyMap<string, unknown>;
  builtin(specifier: string): unknown;
}

export class Program {
  readonly #compiled: Compiled;
  readonly #parameters: readonly string[];
  readonly #filename: string;
  readonly #map: string;
  #parsed: SourceMap | undefined;

  constructor(
    /** Absolute path of its entry file. */
    readonly entry: string,
    code: string,
    map: string,
  ) {
    this.#map = map;
    this.#parameters = parameterNames();
    this.#filename = `${entry}.bundle.js`;
    const parameters = ["__process", "__dirname", "__filename", "require", ...this.#parameters].join(", ");
    const source = `(function(${parameters}) { return async function(__take) {\n${code}\n}})`;
    const script = new Script(source, { filename: this.#filename, importModuleDynamically: notInBundle });
    this.#compiled = script.runInThisContext() as Compiled; // a function, as written above
  }

  /** Runs it in a process. Resolves to what its entry file exports when that is through. */
  async evaluate(within: ProgramWorld): Promise<Exports> {
    const world = this.#parameters.map((name) => within.globals.get(name));
    const load = Object.assign((name: string) => within.builtin(name), {
      resolve: (name: string) => name,
    });
    let exported: Exports = {};
    await this.#compiled(
      within,
      dirname(this.entry),
      this.entry,
      load,
      ...world,
    )((exports) => {
      exported = exports;
    });
    return exported;
  }

  /** A stack trace with the places in the program's own sources. */
  mapped(stack: string): string {
    if (!stack.includes(this.#filename)) return stack;
    this.#parsed ??= new SourceMap(JSON.parse(this.#map) as SourceMapPayload);
    const map = this.#parsed;
    const escaped = this.#filename.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return stack.replace(
      new RegExp(`${escaped}:(\\d+):(\\d+)`, "g"),
      (whole, line: string, column: string) => {
        const place = map.findEntry(Number(line) - 1 - LINES_AHEAD, Number(column) - 1);
        if (!("originalSource" in place) || place.originalSource === undefined) return whole;
        const file = resolve(dirname(this.entry), place.originalSource);
        return `${file}:${place.originalLine + 1}:${place.originalColumn + 1}`;
      },
    );
  }
}

function notInBundle(specifier: string): never {
  throw new ProgramError(`import("${specifier}") is computed at run time: it is not in the program's bundle`);
}

const programs = new Map<string, Promise<Program>>();

/** The program of an entry file; bundled once in this thread. Rejects with a ProgramError. */
export function programOf(entry: string): Promise<Program> {
  const path = resolve(entry);
  const known = programs.get(path) ?? make(path);
  programs.set(path, known);
  return known;
}

async function make(entry: string): Promise<Program> {
  const { rolldown } = await bundler();
  try {
    const build = await rolldown({
      input: ENTRY,
      platform: "node",
      logLevel: "silent",
      transform: { target: "es2022" },
      // Programs run as they are written: without these two a call that stands there only to throw would be left out.
      treeshake: false,
      plugins: [
        {
          name: "seedstorm",
          resolveId(id, importer) {
            if (id === ENTRY) return id;
            if (importer?.includes("rolldown/runtime")) return { id, external: true };
            if (isNodeModule(id)) return `${BUILTIN}${id}.cjs`;
            if (id === "bindings" && importer !== undefined && IN_BETTER_SQLITE3.test(importer))
              return ADD_ON;
            return id.endsWith(".node") ? `${NATIVE}${id}` : undefined;
          },
          load(id) {
            if (id === ENTRY) return `import * as program from ${JSON.stringify(entry)}; __take(program);`;
            if (id.startsWith(BUILTIN)) {
              const name = id.slice(BUILTIN.length, -".cjs".length);
              return `module.exports = __process.builtin(${JSON.stringify(name)});`;
            }
            if (id === ADD_ON) {
              return `module.exports = () => __process.builtin(${JSON.stringify(BETTER_SQLITE3)});`;
            }
            if (id.startsWith(NATIVE))
              return `throw new Error("a native add-on can't run on a simulated host");`;
            return undefined;
          },
        },
        PLACES,
      ],
    });
    const { output } = await build.generate({
      format: "esm",
      codeSplitting: false,
      minify: false,
      sourcemap: "hidden",
    });
    await build.close();
    const [{ code, map }] = output;
    return new Program(entry, bodyOf(code), map?.toString() ?? "{}");
  } catch (cause) {
    throw new ProgramError(`${basename(entry)} can't be bundled: ${bundlingProblem(cause)}`, { cause });
  }
}

/** The bundle as the body of a function: it exports nothing, and what it imports comes from the process. */
function bodyOf(code: string): string {
  return code
    .replace(/^export (?:default [^\n]*|\{[^}]*\});?$/gm, "")
    .replace(
      /^import \{ createRequire \} from "node:module";$/gm,
      'const { createRequire } = __process.builtin("module");',
    )
    .replace(/^import "[^"]*";$/gm, "")
    .replaceAll("import.meta.url", '"file:///program.js"');
}
