/**
 * `npm run mutants -- [--seed N] [--sample N] [--runs N] [--system ID] [--jobs N] [--at-least
 * PERCENT] [--output FILE]`: how much of what nobody
 * chose is noticed. A seeded sample is drawn of all mutants that Stryker's mutators make of the systems' code; each
 * is put through the campaign that a user would run, over all scenarios of its system, until a run fails. Those
 * that survive are listed; reviewed ones that change nothing that could be noticed stand with their reasons in
 * `test/mutants-equivalent.json`, and do not count.
 *
 * All mutants are in one build, each behind a switch; a process has one of them on. Left out are the catalogues, the
 * properties themselves, and mutated texts: most texts are names and sentences.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import { unbundledManifest } from "../scripts/entry-points.js";
import { scenarios, systems } from "../src/scenarios/index.js";
import { Random } from "../src/sim/random.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const place = join(root, "node_modules/.cache/seedstorm/mutants");

/** The folders of `src/model` that each system is made of. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  pipeline: ["pipeline", "resources", "replication"],
  mirror: ["mirror"],
  saga: ["saga"],
  broker: ["broker", "storage"],
  runner: ["runner"],
  orders: ["orders", "actors"],
};

/** What is no behaviour of a system, or is what judges it. */
const LEFT_OUT = /\/(?:properties|order-files)\/|\/(?:\w+-)?(?:defects|goals|moments|knobs)\.ts$/;
const EXCLUDED_MUTATIONS = ["StringLiteral", "Regex"];

interface Mutant {
  readonly id: string;
  readonly system: string;
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly original: string;
  readonly replacement: string;
}

type End = "killed" | "survived" | "equivalent";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    sample: { type: "string", default: "200" },
    runs: { type: "string", default: "1000" },
    system: { type: "string" },
    jobs: { type: "string", default: "2" },
    "at-least": { type: "string", default: "0" },
    output: { type: "string", default: join(root, "reports/mutants.json") },
  },
});
const wanted = values.system === undefined ? Object.keys(PARTS) : [values.system];
const present = wanted.filter((id) => systems.some((system) => system.id === id));
if (present.length === 0) {
  process.stderr.write(`no such system; systems are ${systems.map(({ id }) => id).join(", ")}\n`);
  process.exit(2);
}

const all = await instrumented(present);
const sample = drawn(all, Number(values.sample), Number(values.seed));
const equivalent = reviewed();
const started = performance.now();
const results: { readonly mutant: Mutant; readonly end: End; readonly by: string }[] = [];
for (const mutant of sample) {
  const reason = equivalent.get(keyOf(mutant));
  const { end, by } = reason === undefined ? campaign(mutant) : { end: "equivalent" as const, by: reason };
  results.push({ mutant, end, by });
  const { file, line, original, replacement } = mutant;
  process.stdout.write(
    `${results.length}/${sample.length} ${end.padEnd(10)} ${file}:${line} ${short(original)} → ${short(replacement)}${by === "" ? "" : `  (${by})`}\n`,
  );
}
rmSync(place, { recursive: true, force: true });
mkdirSync(dirname(values.output), { recursive: true });
writeFileSync(
  values.output,
  `${JSON.stringify({ seed: Number(values.seed), runs: Number(values.runs), results }, null, 2)}\n`,
);

for (const [name, of] of [
  ["system", ({ system }: Mutant) => system],
  ["kind", ({ kind }: Mutant) => kind],
] as const) {
  process.stdout.write(`\n${name.padEnd(28)} killed  survived  equivalent  share\n`);
  for (const group of new Set(sample.map(of)))
    line(
      group,
      results.filter(({ mutant }) => of(mutant) === group),
    );
}
line("all", results);
const hours = (performance.now() - started) / 3_600_000;
process.stdout.write(
  `\n${all.length} mutants in all, ${sample.length} drawn by seed ${values.seed}, ${values.runs} runs each: ${(results.length / hours).toFixed(0)} an hour\n`,
);
const killed = results.filter(({ end }) => end === "killed").length;
const counted = results.filter(({ end }) => end !== "equivalent").length;
if (killed * 100 < Number(values["at-least"]) * counted) process.exitCode = 1;

function line(name: string, own: typeof results): void {
  const count = (end: End) => own.filter((result) => result.end === end).length;
  const [killed, survived] = [count("killed"), count("survived")];
  const share =
    killed + survived === 0 ? "" : `${((killed / (killed + survived)) * 100).toFixed(0)} %`.padStart(6);
  process.stdout.write(
    `${name.padEnd(28)} ${String(killed).padStart(6)}  ${String(survived).padStart(8)}  ${String(count("equivalent")).padStart(10)} ${share}\n`,
  );
}

/** The whole project with every mutant behind a switch, compiled; and what mutants there are. */
async function instrumented(ids: readonly string[]): Promise<Mutant[]> {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const systemOf = (path: string): string | undefined =>
    LEFT_OUT.test(path)
      ? undefined
      : ids.find((id) => PARTS[id]?.some((part) => path.startsWith(`src/model/${part}/`)));
  const paths = ["src", "bin"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.startsWith("report/html/client/"))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
  const files = paths.map((path) => ({ path, content: readFileSync(join(root, path), "utf8") }));
  const mutated = files.filter(({ path }) => systemOf(path) !== undefined);
  const texts = new Map(mutated.map(({ path, content }) => [path, content.split("\n")]));
  const { mutants, files: instrumentedFiles } = await new Instrumenter(silent()).instrument(
    mutated.map(({ path, content }) => ({ name: path, content, mutate: true })),
    { plugins: null, excludedMutations: EXCLUDED_MUTATIONS, ignorers: [] },
  );
  const contents = new Map(instrumentedFiles.map(({ name, content }) => [name, content]));
  for (const { path, content } of files) {
    const target = join(place, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, contents.get(path) ?? content);
  }
  const manifest = unbundledManifest("./out/");
  writeFileSync(join(place, "package.json"), manifest);
  writeFileSync(
    join(place, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        outDir: "out",
        rootDir: ".",
        noCheck: true,
        sourceMap: false,
        declaration: false,
        declarationDir: null,
      },
      include: ["src", "bin"],
    }),
  );
  symlinkSync(join(root, "node_modules"), join(place, "node_modules"));
  const tsc = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", place], {
    encoding: "utf8",
  });
  if (tsc.status !== 0) throw new Error(`the mutants can't be compiled: ${tsc.stdout}`);
  const live = mutants.filter(({ status }) => status === undefined); // those that were excluded say so
  return live.map(({ id, fileName, mutatorName, replacement, location }) => ({
    id,
    system: systemOf(fileName) ?? "",
    file: fileName,
    line: location.start.line + 1,
    kind: mutatorName,
    original: textAt(texts.get(fileName) ?? [], location),
    replacement,
  }));
}

/** Says nothing: what the instrumenter has to say concerns its own work. */
function silent() {
  const quiet = (): void => {};
  const off = (): boolean => false;
  return {
    ...{ isTraceEnabled: off, isDebugEnabled: off, isInfoEnabled: off },
    ...{ isWarnEnabled: off, isErrorEnabled: off, isFatalEnabled: off },
    ...{ trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet, fatal: quiet },
  };
}

function textAt(
  lines: readonly string[],
  {
    start,
    end,
  }: {
    readonly start: { readonly line: number; readonly column: number };
    readonly end: { readonly line: number; readonly column: number };
  },
): string {
  const own = lines.slice(start.line, end.line + 1);
  const last = own.length - 1;
  return own
    .map((text, i) => text.slice(i === 0 ? start.column : 0, i === last ? end.column : undefined).trim())
    .join(" ");
}

/** The same sample for the same seed and the same code, drawn from all mutants alike. */
function drawn(mutants: readonly Mutant[], size: number, seed: number): Mutant[] {
  const random = new Random(`${seed}/mutants`);
  const rest = [...mutants];
  const chosen: Mutant[] = [];
  while (chosen.length < size && rest.length > 0) chosen.push(...rest.splice(random.below(rest.length), 1));
  return chosen;
}

/** What a user would run, with one mutant on. A campaign that breaks off or hangs has noticed it too. */
function campaign({ id, system }: Mutant): { readonly end: End; readonly by: string } {
  const own = scenarios.filter((scenario) => scenario.system.id === system);
  const sound = own.filter(({ expectedViolations }) => expectedViolations.length === 0).map((one) => one.id);
  const args = [
    ...[join(place, "out/bin/seedstorm.js"), "check", ...sound],
    ...["--runs", values.runs, "--seed", values.seed, "--fail-fast", "--no-shrink", "--no-save"],
    ...["--verify-every", "10000000", "--json", "-j", values.jobs],
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: place,
    encoding: "utf8",
    env: { ...process.env, __STRYKER_ACTIVE_MUTANT__: id },
    maxBuffer: 1 << 28,
    timeout: 1_200_000,
  });
  if (status === 0) return { end: "survived", by: "" };
  if (status === 2) throw new Error(`the campaign could not be run: ${stderr}`);
  const found = /"property": ?"([^"]+)"/.exec(stdout)?.[1];
  return { end: "killed", by: found ?? (status === null ? "time" : (stderr.split("\n")[0] ?? "")) };
}

/** By what was mutated, whichever line it is on: the reason. */
function reviewed(): Map<string, string> {
  const file = join(root, "test/mutants-equivalent.json");
  const known: unknown = JSON.parse(readFileSync(file, "utf8"));
  return new Map(Object.entries(known as Record<string, string>)); // a reviewed file of the project's own
}

function keyOf({ file, kind, original, replacement }: Mutant): string {
  return `${file} ${kind} ${original} → ${replacement}`;
}

function short(text: string): string {
  const flat = text.replaceAll(/\s+/g, " ");
  return flat.length > 60 ? `${flat.slice(0, 59)}…` : flat;
}
