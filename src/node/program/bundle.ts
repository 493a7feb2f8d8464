/**
 * A program is an entry file: bundled once with all that it imports, compiled once into a function whose parameters are
 * its world, and evaluated anew in each process. So module state is lost with the process and shared with nobody, at a
 * price of a few milliseconds a boot.
 *
 * TypeScript is taken as it is. Modules of Node are left to the process. An `import()` whose specifier is only known at
 * run time finds nothing, and native add-ons throw when they are loaded.
 */
import { statSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { basename, dirname, isAbsolute, resolve } from "node:path";
import { Script } from "node:vm";
import { getEnvironmentData, isMainThread, setEnvironmentData } from "node:worker_threads";
import type { Plugin } from "rolldown";
import { BETTER_SQLITE3, isNodeModule } from "../builtins/index.js";
import { parameterNames } from "../env/globals.js";
import { bundled, bundler, bundlingProblem, ProgramError } from "./bundler.js";

type Exports = Readonly<Record<string, unknown>>;
type Compiled = (...world: unknown[]) => (take: (exports: Exports) => void) => Promise<void>;

const ENTRY = "\0seedstorm:entry";
const BUILTIN = "\0seedstorm:builtin:";
const NATIVE = "\0seedstorm:native:";
/** What better-sqlite3 looks for its native add-on with, up to version 12 and from 13 on: it finds one of the process. */
const ADD_ON = "\0seedstorm:add-on.cjs";
const IN_BETTER_SQLITE3 = /node_modules[\\/]better-sqlite3[\\/]/;
const FINDS_ADD_ON = new Set(["bindings", "./binding"]);
/** Lines before the bundle's first. */
const LINES_AHEAD = 1;

/** What a program is compiled from. Plain data, so that threads which are started later are given it with V8's own code for it. */
interface Bundle {
  readonly code: string;
  readonly map: string;
  /** Files that it was made of, with the times of their last change; packages are taken for lasting. */
  readonly made: readonly (readonly [path: string, changedMs: number])[];
  readonly cached?: Uint8Array;
}

/** What a program sees: a process, as a rule. */
export interface ProgramWorld {
  readonly globals: ReadonlyMap<string, unknown>;
  builtin(specifier: string): unknown;
}

export class Program {
  readonly #compiled: Compiled;
  readonly #parameters: readonly string[];
  readonly #filename: string;
  readonly #bundle: Bundle;
  #parsed: SourceMap | undefined;

  constructor(
    /** Absolute path of its entry file. */
    readonly entry: string,
    bundle: Bundle,
  ) {
    this.#bundle = bundle;
    this.#parameters = parameterNames();
    this.#filename = `${entry}.bundle.js`;
    const parameters = ["__process", "__dirname", "__filename", "require", ...this.#parameters].join(", ");
    const source = `(function(${parameters}) { return async function(__take) {\n${bundle.code}\n}})`;
    const { cached } = bundle;
    const script = new Script(source, {
      filename: this.#filename,
      importModuleDynamically: notInBundle,
      ...(cached === undefined ? {} : { cachedData: cached }),
    });
    this.#compiled = script.runInThisContext() as Compiled; // a function, as written above
    if (cached === undefined)
      setEnvironmentData(keyOf(entry), { ...bundle, cached: script.createCachedData() });
  }

  /** Whether its files are still as they were when it was made. */
  isFresh(): boolean {
    return this.#bundle.made.every(([path, changedMs]) => changedAt(path) === changedMs);
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
    this.#parsed ??= new SourceMap(JSON.parse(this.#bundle.map) as SourceMapPayload);
    const map = this.#parsed;
    const escaped = this.#filename.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return stack.replace(
      new RegExp(`${escaped}:(\\d+):(\\d+)`, "g"),
      (whole, line: string, column: string) => {
        const place = map.findEntry(Number(line) - 1 - LINES_AHEAD, Number(column) - 1);
        if (!("originalSource" in place) || place.originalSource === undefined) return whole;
        return `${place.originalSource}:${place.originalLine + 1}:${place.originalColumn + 1}`;
      },
    );
  }
}

function notInBundle(specifier: string): never {
  throw new ProgramError(`import("${specifier}") is computed at run time: it is not in the program's bundle`);
}

const programs = new Map<string, Promise<Program>>();

const keyOf = (entry: string): string => `seedstorm:program:${entry}`;

const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * The program of an entry file: bundled once, by this thread or by the one that it was started by, and again when one of its files
 * has changed. Rejects with a ProgramError.
 */
export async function programOf(entry: string): Promise<Program> {
  const path = resolve(entry);
  const known = await programs.get(path)?.catch(() => undefined);
  if (known?.isFresh() === true) return known;
  const making = inherited(path) ?? make(path);
  programs.set(path, making);
  return making;
}

/** The program as the starter of this thread had it. */
function inherited(entry: string): Promise<Program> | undefined {
  if (isMainThread || programs.has(entry)) return undefined;
  const bundle = getEnvironmentData(keyOf(entry)) as Bundle | undefined; // set above
  return bundle && Promise.resolve(new Program(entry, bundle));
}

async function make(entry: string): Promise<Program> {
  const rolldown = await bundler();
  try {
    const plugin: Plugin = {
      name: "seedstorm",
      resolveId(id, importer) {
        if (id === ENTRY) return id;
        if (importer?.includes("rolldown/runtime")) return { id, external: true };
        if (isNodeModule(id)) return `${BUILTIN}${id}.cjs`;
        if (FINDS_ADD_ON.has(id) && importer !== undefined && IN_BETTER_SQLITE3.test(importer)) return ADD_ON;
        return id.endsWith(".node") ? `${NATIVE}${id}` : undefined;
      },
      load(id) {
        if (id === ENTRY) return `import * as program from ${JSON.stringify(entry)}; __take(program);`;
        if (id.startsWith(BUILTIN)) {
          const name = id.slice(BUILTIN.length, -".cjs".length);
          return `module.exports = __process.builtin(${JSON.stringify(name)});`;
        }
        if (id === ADD_ON) {
          const found = `() => __process.builtin(${JSON.stringify(BETTER_SQLITE3)})`;
          return `module.exports = Object.assign(${found}, { getBinding: ${found}, getPrebuildPath: () => null });`;
        }
        if (id.startsWith(NATIVE)) return `throw new Error("a native add-on can't run on a simulated host");`;
        return undefined;
      },
    };
    const { code, map, moduleIds } = await bundled(rolldown, ENTRY, [plugin], {
      sourcemap: "hidden",
      minify: false,
    });
    const files = moduleIds.filter((id) => isAbsolute(id) && !id.includes("node_modules"));
    return new Program(entry, {
      code: bodyOf(code),
      map: map?.toString() ?? "{}",
      made: files.map((path) => [path, changedAt(path)]),
    });
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
