/** The rules that hold the house together, checked on its sources; and the checker, checked on planted offences. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  BUILTIN,
  EXCEPTIONS,
  importCycles,
  LEAKS,
  lastingFunctions,
  leaks,
  leaksIn,
  namedSystems,
  wrongWayImports,
} from "./support/house-rules.js";
import { codeOnly, importsOf, type SourceFile, targetOfImport } from "./support/source-text.js";

const root = new URL("../", import.meta.url);

const sources: readonly SourceFile[] = ["src", "bin"].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => {
      const path = `${folder}/${name}`;
      return { path, text: readFileSync(new URL(path, root), "utf8") };
    }),
);

const planted = (path: string, text: string): SourceFile => ({ path, text });

describe("the house", () => {
  it("has imports that point one way only", () => {
    expect(wrongWayImports(sources)).toEqual([]);
  });

  it("has a harness that names no system", () => {
    expect(namedSystems(sources)).toEqual([]);
  });

  it("has no circle of imports, of types either", () => {
    expect(importCycles(sources)).toEqual([]);
  });

  it("lets nothing leak into a universe", () => {
    expect(leaks(sources)).toEqual([]);
  });

  it("keeps no universe alive by a function that is taken for a lasting one", () => {
    expect(lastingFunctions(sources)).toEqual([]);
  });

  it("imports only files that are there", () => {
    const known = new Set(sources.map(({ path }) => path));
    const missing = sources.flatMap(({ path, text }) =>
      importsOf(text).flatMap(({ specifier }) => {
        const target = targetOfImport(path, specifier);
        return target === undefined || known.has(target) || !target.endsWith(".ts")
          ? []
          : [`${path}: ${specifier}`];
      }),
    );
    expect(missing).toEqual([]);
  });

  it.each(EXCEPTIONS)("needs its exception for $path, since $why", ({ path, rules }) => {
    const text = sources.find((source) => source.path === path)?.text ?? "";
    expect(new Set(leaksIn(text).map(({ rule }) => rule))).toEqual(new Set(rules));
  });
});

describe("the check of arrows", () => {
  it.each([
    ["src/sim/a.ts", "../model/b.js"],
    ["src/sim/a.ts", "../check/b.js"],
    ["src/check/a.ts", "../model/b.js"],
    ["src/check/a.ts", "../storm/b.js"],
    ["src/storm/a.ts", "../scenarios/b.js"],
    ["src/explore/a.ts", "../report/b.js"],
    ["src/explore/a.ts", "../scenarios/index.js"],
    ["src/report/a.ts", "../../bin/b.js"],
    ["src/report/a.ts", "../index.js"],
    ["src/report/a.ts", "../model/b.js"],
    ["src/node/a.ts", "../model/b.js"],
    ["src/live/a.ts", "../model/b.js"],
    ["src/live/a.ts", "../node/b.js"],
    ["src/report/a.ts", "../live/b.js"],
    ["src/model/pipeline/live/a.ts", "../../../live/b.js"],
    ["src/vitest/a.ts", "../scenarios/b.js"],
    ["src/model/raft/a.ts", "../../scenarios/b.js"],
    ["src/model/raft/a.ts", "../../sim/host.js"],
    ["src/model/a.ts", "../check/index.js"],
    ["src/scenarios/a.ts", "../explore/b.js"],
    ["src/scenarios/pipeline/a.ts", "../../index.js"],
    ["src/live/a.ts", "seedstorm/live"],
    ["src/explore/a.ts", "seedstorm"],
    ["src/sim/a.ts", "seedstorm/check"],
    ["bin/a.ts", "../src/report/b.js"],
    ["bin/a.ts", "../src/explore/formats/b.js"],
    ["bin/a.ts", "../src/sim/index/b.js"],
    ["src/index.ts", "./model/a.js"],
    ["src/index.ts", "./scenarios/index.js"],
  ])("fires when %s imports %s", (path, specifier) => {
    for (const text of [
      `import { b } from "${specifier}";`,
      `import type { B } from "${specifier}";`,
      `export * from '${specifier}';`,
      `const b = await import("${specifier}");`,
      `import {\n  a,\n  b,\n} from "${specifier}";`,
      `import "${specifier}";`,
    ]) {
      expect(wrongWayImports([planted(path, text)])).toHaveLength(1);
    }
  });

  it("is content with arrows to the left, and within a part", () => {
    const files = [
      planted("src/model/raft/a.ts", 'import { b } from "../b.js";\nimport { c } from "seedstorm/check";'),
      planted("src/scenarios/pipeline/a.ts", 'import { b } from "../../model/b.js";'),
      planted("src/check/a.ts", 'import type { B } from "../sim/b.js";'),
      planted("bin/a.ts", 'import { b } from "../src/report/index.js";\nimport chalk from "chalk";'),
      planted("bin/b.ts", 'import { b } from "../src/index.js";\nimport { c } from "../src/scenarios/c.js";'),
      planted("src/index.ts", 'export { b } from "./explore/b.js";'),
    ];
    expect(wrongWayImports(files)).toEqual([]);
  });

  it("fires for a folder that is no part of the house", () => {
    expect(wrongWayImports([planted("src/utils/a.ts", "")])).toEqual([
      "src/utils/a.ts: src/utils is no part of the house",
    ]);
  });
});

describe("the check of names of systems", () => {
  it.each(['new URL("../../scenarios/index.js", import.meta.url)', "import(`../model/${name}.js`)"])(
    "fires on %s in the harness, and not above it",
    (text) => {
      expect(namedSystems([planted("src/explore/a.ts", text)])).toHaveLength(1);
      expect(namedSystems([planted("bin/a.ts", text)])).toEqual([]);
    },
  );
});

describe("the check of functions that last", () => {
  it.each([
    "this.onReady = () => this.wake();",
    "this.#wake = (at) => end(at);",
    "clock.onRateChange = (when: (at: Micros) => Micros): boolean => true;",
    "host.told ??= async (fact) => fact;",
    "world.watcher = at => at;",
    "a.b.c = function () {};",
  ])("fires on %s", (text) => {
    expect(lastingFunctions([planted("src/sim/a.ts", text)])).toHaveLength(1);
  });

  it.each([
    "const wake = () => this.wake();\nthis.onReady = wake;",
    "this.#held = this.#held.filter((other) => other !== event);",
    "return { cancel: () => timer.cancel() };",
    "readonly #onSaved = (): void => {};",
    "if (a.b >= c) d = (e) => e;",
  ])("is content with %s", (text) => {
    expect(lastingFunctions([planted("src/sim/a.ts", text)])).toEqual([]);
  });
});

describe("the check of circles", () => {
  it.each([
    ["values", 'export { c } from "./c.js";'],
    ["types", 'import type { C } from "./c.js";'],
    ["types as they go", 'let c: import("./c.js").C;'],
  ])("fires on files that import one another's %s, over any number of steps", (_, second) => {
    const files = [
      planted("src/sim/a.ts", 'import { b } from "./b.js";'),
      planted("src/sim/b.ts", second),
      planted("src/sim/c.ts", 'import { type A, a } from "./a.js";'),
    ];
    expect(importCycles(files)).toEqual(["src/sim/a.ts → src/sim/b.ts → src/sim/c.ts → src/sim/a.ts"]);
  });

  it("is content with two files that import a third", () => {
    const files = [
      planted("src/sim/a.ts", 'import { b } from "./b.js";\nimport { c } from "./c.js";'),
      planted("src/sim/b.ts", 'import type { C } from "./c.js";'),
      planted("src/sim/c.ts", ""),
    ];
    expect(importCycles(files)).toEqual([]);
  });
});

describe("the check of leaks", () => {
  const OFFENCES: { readonly [rule: string]: readonly string[] } = {
    "the real time": ["const now = Date.now();", "new Date()", "const t = performance.now();"],
    "ambient randomness": ["Math.random()", "crypto.randomUUID()", "globalThis.crypto.getRandomValues(a)"],
    "ambient cryptography": ["const id = crypto.subtle;"],
    "inexact maths": [
      "Math.log(x)",
      "Math.exp(1)",
      "Math . pow(2, 3)",
      "const a = Math.sin;",
      "2 ** 0.5",
      "x **= 2",
    ],
    "Math by another way": ["const { random } = Math;", 'Math["random"]()', "const m = Math;"],
    "a real timer": [
      "setTimeout(go, 1)",
      "await new Promise(setImmediate)",
      "setInterval(go, 1)",
      "queueMicrotask(() => {})",
      "clearTimeout(timer)",
    ],
    "the process": [
      "process.env.HOME",
      "const all = { ...process.env };",
      "`${process.pid}`",
      "globalThis.x",
    ],
    "the locale": ["a.localeCompare(b)", "n.toLocaleString()", "new Intl.Collator()"],
    "real input or output": ['await fetch("/")', 'console.log("x")'],
    "a dynamic import": ['require("x")', 'const fs = await import("x")'],
    "the garbage collector": ["new WeakRef(a)", "new FinalizationRegistry(f)"],
  };

  it("has an offence for each of its rules", () => {
    expect(Object.keys(OFFENCES)).toEqual(Object.keys(LEAKS));
  });

  it.each(
    Object.entries(OFFENCES).flatMap(([rule, offences]) =>
      offences.map((offence) => [rule, offence] as const),
    ),
  )("fires for %s: %s", (rule, offence) => {
    for (const folder of ["sim", "model/raft", "check", "storm", "scenarios"]) {
      const found = leaks([planted(`src/${folder}/a.ts`, `const before = 1;\n${offence}\n`)]);
      expect(
        found.some((line) => line.startsWith(`src/${folder}/a.ts:2: `) && line.endsWith(` is ${rule}`)),
      ).toBe(true);
    }
  });

  it.each([
    'import fs from "node:fs";',
    'import { hash } from "crypto";',
    'export * from "node:path";',
    'await import("fs/promises")',
  ])("fires for a module of Node: %s", (offence) => {
    expect(leaksIn(offence).map(({ rule }) => rule)).toContain(BUILTIN);
  });

  it.each([
    "// Date.now() and process.env are forbidden here",
    "/* setTimeout(x) */ const a = 1;",
    "/** at 2 ** 53\n * Math.random() */",
    'const text = "Math.random() at new Date()";',
    "const text = `fetch ${name} from process`;",
    'const text = "a \\" process.env";',
    "const pattern = /[/]process\\/ Date/g;",
    "host.process(order); queue.fetch(1); machine.console.log();",
    "const updateDate = Dates.of(processed);",
    "Math.floor(a / b) + Math.imul(c, d) + Math.max(1, 2)",
    "const ratio = a / b; const other = c / d;",
    'import seedrandom from "seedrandom";',
    "class A { #process = 1; }",
  ])("does not fire for what only looks like one: %s", (innocent) => {
    expect(leaksIn(innocent)).toEqual([]);
  });

  it("looks at code inside of templates, and after them", () => {
    expect(leaksIn("`a ${`b ${Date.now()} c`} d`; Date.now();")).toHaveLength(2);
  });

  it("leaves alone what stands above the universe", () => {
    expect(leaks([planted("src/explore/a.ts", "Date.now()"), planted("bin/a.ts", "process.exit()")])).toEqual(
      [],
    );
  });
});

describe("code without comments and strings", () => {
  it("keeps every character of the code in its place", () => {
    const source = "const a = 1; // one\nconst b = `x${a}y`; /* two\n three */ f('z');\n";
    expect(codeOnly(source)).toBe("const a = 1;       \nconst b = ` ${a} `;       \n          f(' ');\n");
  });

  it("tells a division from a regular expression", () => {
    expect(codeOnly("a = b / c; d = /x'/; e = (f) / g; return /'/;")).toBe(
      "a = b / c; d = /  /; e = (f) / g; return / /;",
    );
  });
});
