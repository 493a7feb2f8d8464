/**
 * The rules of the house, as checks on source text: which way imports may point, and what must not leak into a
 * universe from outside. A finding is one readable line that begins with the place.
 */
import { isBuiltin } from "node:module";
import { codeOnly, importsOf, type SourceFile, targetOfImport } from "./source-text.js";

/**
 * What each part of the harness may import from, besides itself. Types count: knowing a type is knowing its file. No part
 * of the harness knows a system.
 */
const HARNESS: { readonly [part: string]: readonly string[] } = {
  sim: [],
  check: ["sim"],
  storm: ["sim", "check"],
  explore: ["sim", "check", "storm"],
  report: ["sim", "check", "storm", "explore"],
  node: ["sim", "check", "storm", "explore", "report"],
  live: ["sim", "check", "storm", "explore", "report"],
  queue: ["sim", "check", "storm", "explore"],
  vitest: ["sim", "check", "storm", "explore", "report", "node"],
  input: ["storm", "explore"],
};

/** The systems, which live in the house as those of any user do: the harness is a package to them. */
const SYSTEMS: { readonly [part: string]: readonly string[] } = {
  model: [],
  scenarios: ["model"],
};

const MAY_IMPORT: { readonly [part: string]: readonly string[] } = {
  ...HARNESS,
  ...SYSTEMS,
  // What the package exports: it stands above the harness, and no part of that may lean on it.
  "public surface": Object.keys(HARNESS),
  // The command knows both halves, and of the harness what the package exports.
  bin: ["public surface", ...Object.keys(HARNESS), ...Object.keys(SYSTEMS)],
};

/** What users can import, as a file: `src/index.ts`, `src/explore/index.ts`. */
const ENTRY_POINT = /^src\/(?:\w+\/)?index\.ts$/;

/** The package's own name, by which systems import it. */
const PACKAGE = /^seedstorm(?:\/|$)/;

function partOf(path: string): string {
  if (path.startsWith("bin/")) return "bin";
  if (/^src\/[^/]+$/.test(path)) return "public surface";
  return path.split("/")[1] ?? path;
}

/** Imports that point the wrong way, go past the public entry points, or into a part that nobody has heard of. */
export function wrongWayImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const part = partOf(path);
    const allowed = MAY_IMPORT[part];
    if (allowed === undefined) return [`${path}: src/${part} is no part of the house`];
    return importsOf(text).flatMap(({ specifier, line }) => {
      if (PACKAGE.test(specifier)) {
        return part in HARNESS || part === "public surface"
          ? [`${path}:${line}: ${part} is part of the package and must not import it by name (${specifier})`]
          : [];
      }
      const target = targetOfImport(path, specifier);
      if (target === undefined) return [];
      const other = partOf(target);
      if (part === "bin" && (other in HARNESS || other === "public surface") && !ENTRY_POINT.test(target))
        return [`${path}:${line}: bin must import the harness by its public entry points (${specifier})`];
      if (other === part || allowed.includes(other)) return [];
      return part in SYSTEMS && !(other in SYSTEMS)
        ? [`${path}:${line}: ${part} must import the harness by its public entry points (${specifier})`]
        : [`${path}:${line}: ${part} must not import from ${other} (${specifier})`];
    });
  });
}

/** Files of the harness that name a part of the other half in a string or a URL: another way to know a system. */
export function namedSystems(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    if (!(partOf(path) in HARNESS)) return [];
    return [...text.matchAll(SYSTEM_PATH)].map(
      ({ 0: named, index }) => `${path}:${text.slice(0, index).split("\n").length}: names ${named}`,
    );
  });
}

const SYSTEM_PATH = /["'`][^"'`\n]*\b(?:model|scenarios)\/[^"'`\n]*["'`]/g;

/** Circles of files that import one another. Types count: knowing a type is knowing its file. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text).flatMap(({ specifier }) => targetOfImport(path, specifier) ?? []),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      cycles.push([...trail.slice(start), path].join(" → "));
      return;
    }
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}

/** The parts in which nothing may leak in. Order files are read before there is a universe. */
const SEALED = /^src\/(?:sim|check|storm|scenarios|model\/(?!pipeline\/order-files\/))/;

/** A name that stands for itself: not a member of something else. A spread's dots are none. */
const own = (names: string): RegExp =>
  new RegExp(`(?<![\\w$#])(?<!(?<!\\.\\.)\\.)(?:${names})(?![\\w$])`, "g");

const INEXACT = [
  ...["exp", "expm1", "log", "log2", "log10", "log1p", "pow", "cbrt", "hypot"],
  ...[
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "atan2",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
  ],
];

/** What each rule forbids, in code without comments and strings. */
export const LEAKS: { readonly [rule: string]: RegExp } = {
  "the real time": own("Date|performance|Temporal"),
  "ambient randomness": /\bMath\s*\.\s*random\b|\brandomUUID\b|\bgetRandomValues\b/g,
  "ambient cryptography": own("crypto"),
  "inexact maths": new RegExp(`\\bMath\\s*\\.\\s*(?:${INEXACT.join("|")})\\b|\\*\\*`, "g"),
  "Math by another way": /\bMath\b(?!\s*\.)/g,
  "a real timer": own(
    "setTimeout|setInterval|setImmediate|queueMicrotask|clearTimeout|clearInterval|clearImmediate",
  ),
  "the process": own("process|globalThis|global|navigator"),
  "the locale": /\.\s*(?:toLocale\w*|localeCompare)\b|(?<![\w$.])Intl\b/g,
  "real input or output": own("fetch|console|XMLHttpRequest|WebSocket"),
  "a dynamic import": /(?<![\w$.])(?:require|import)\s*\(/g,
  "the garbage collector": own("WeakRef|FinalizationRegistry"),
};

export const BUILTIN = "a module of Node";

/** Files that may do what no other may, each with the reason. */
export const EXCEPTIONS: readonly {
  readonly path: string;
  readonly rules: readonly string[];
  readonly why: string;
}[] = [
  {
    path: "src/sim/drain.ts",
    rules: ["the process", "a real timer"],
    why: "it brings real promises into virtual time, and takes the process's hooks while a universe runs",
  },
  {
    path: "src/sim/traps/guard.ts",
    rules: [BUILTIN],
    why: "it knows the functions that Node makes promises of",
  },
  {
    path: "src/sim/traps/install.ts",
    rules: [
      BUILTIN,
      "the real time",
      "ambient cryptography",
      "Math by another way",
      "the process",
      "the locale",
      "the garbage collector",
    ],
    why: "it wraps all that would leak in",
  },
  {
    path: "src/sim/digest.ts",
    rules: [BUILTIN, "ambient cryptography"],
    why: "it wraps pure functions of Node alone: digests, checksums, signatures with keys out of seeds",
  },
];

/** What leaks into a universe: ambient time, randomness, timers, input and output, and maths that differ by engine. */
export function leaks(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    if (!SEALED.test(path)) return [];
    const allowed = EXCEPTIONS.find((exception) => exception.path === path)?.rules ?? [];
    return leaksIn(text)
      .filter(({ rule }) => !allowed.includes(rule))
      .map(({ rule, line, found }) => `${path}:${line}: ${found} is ${rule}`);
  });
}

/**
 * Functions that are assigned to a property as they are written. V8 takes such a function for a lasting one and allocates
 * it in the old generation, from where it keeps all that it sees (a host, and so its universe) alive through each
 * scavenge. Given a name first, it dies young.
 */
export function lastingFunctions(files: readonly SourceFile[]): string[] {
  const found: string[] = [];
  for (const { path, text } of files) {
    if (!RUN_OVER_AND_OVER.test(path)) continue;
    for (const { 0: code, index } of codeOnly(text).matchAll(ASSIGNED_FUNCTION)) {
      found.push(`${path}:${text.slice(0, index).split("\n").length}: ${code}`);
    }
  }
  return found;
}

const RUN_OVER_AND_OVER = /^src\/(sim|model|check|storm|scenarios|explore)\//;
const PARAMETERS = /(?:\w+|\((?:[^()]|\([^()]*\))*\)(?:\s*:[^=;]+)?)/.source;
const ASSIGNED_FUNCTION = new RegExp(
  `\\.#?\\w+\\s*(?:\\?\\?)?=\\s*(?:async\\s+)?(?:function\\b|${PARAMETERS}\\s*=>)`,
  "g",
);

export interface Leak {
  readonly rule: string;
  readonly line: number;
  readonly found: string;
}

/** All leaks of one source, whatever file it is. */
export function leaksIn(text: string): Leak[] {
  const code = codeOnly(text);
  const found: Leak[] = [];
  for (const [rule, pattern] of Object.entries(LEAKS)) {
    for (const match of code.matchAll(pattern)) {
      found.push({ rule, line: code.slice(0, match.index).split("\n").length, found: match[0] });
    }
  }
  for (const { specifier, line } of importsOf(text)) {
    if (isBuiltin(specifier)) found.push({ rule: BUILTIN, line, found: specifier });
  }
  return found;
}
