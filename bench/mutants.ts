/**
 * `npm run mutants -- [--seed N] [--sample N] [--runs N] [--system ID] [--minutes N] [--at-least PERCENT] [--output FILE]`: how
 * much of what nobody chose is noticed. A seeded sample is drawn of all mutants that Stryker's mutators make of the systems'
 * code; each is put through the campaign that a user would run, over all scenarios of its system, until a run fails. Those
 * that survive are listed, with those that no run comes to; reviewed ones that change nothing that could be noticed stand with
 * their reasons in `test/mutants-equivalent.json`, and do not count.
 *
 * With `--minutes` no mutant is begun after that time; the same command goes on from its output file. With `--at-least` it fails when
 * a smaller share is killed, whatever may become of those that the time has left open.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { scenarios } from "../src/scenarios/index.js";
import { buildWithMutants, type Mutant, PARTS } from "./mutants/instrument.js";
import { Judge, type Judged } from "./mutants/judge.js";

type End = Judged["end"] | "equivalent";

interface Result extends Omit<Judged, "end"> {
  readonly end: End;
  readonly mutant: Mutant;
}

/** What stands in the output file. */
interface Kept {
  readonly seed: number;
  readonly sample: number;
  readonly runs: number;
  readonly systems: readonly string[];
  readonly all: number;
  /** Judging only; building and running without mutants come on top. */
  readonly seconds: number;
  readonly results: readonly Result[];
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    sample: { type: "string", default: "200" },
    runs: { type: "string", default: "1000" },
    system: { type: "string" },
    minutes: { type: "string", default: "1000000" },
    "at-least": { type: "string", default: "0" },
    output: { type: "string", default: join(root, "reports/mutants.json") },
  },
});
if (values.system !== undefined && PARTS[values.system] === undefined) {
  process.stderr.write(`no such system; systems are ${Object.keys(PARTS).join(", ")}\n`);
  process.exit(2);
}
const systems = values.system === undefined ? Object.keys(PARTS) : [values.system];
const asked = {
  seed: Number(values.seed),
  sample: Number(values.sample),
  runs: Number(values.runs),
  systems,
};
const place = join(root, "node_modules/.cache/seedstorm", `mutants-${process.pid}`);
const until = performance.now() + Number(values.minutes) * 60_000;

const before = known();
const equivalent = reviewed();
const results: Result[] = [...(before?.results ?? [])];
let seconds = before?.seconds ?? 0;
const { all, drawn } = await buildWithMutants(root, place, asked);
try {
  for (const system of systems) await judgeAll(system);
} finally {
  rmSync(place, { recursive: true, force: true });
}
print();

/** Those of one system that have no result yet. */
async function judgeAll(system: string): Promise<void> {
  const done = new Set(results.map(({ mutant }) => mutantKey(mutant)));
  const open = drawn.filter((mutant) => mutant.system === system && !done.has(mutantKey(mutant)));
  if (open.length === 0 || performance.now() > until) return;
  const own = scenarios.filter((scenario) => scenario.system.id === system);
  const sound = own.filter(({ expectedViolations }) => expectedViolations.length === 0).map(({ id }) => id);
  const judge = new Judge({ place, scenarios: sound, runs: asked.runs, seed: asked.seed });
  try {
    await judge.prepare();
    for (const mutant of open) {
      if (performance.now() > until) return;
      const started = performance.now();
      const reason = equivalent.get(keyOf(mutant));
      add(mutant, reason === undefined ? await judge.judge(mutant) : excused(reason));
      seconds += (performance.now() - started) / 1000;
      save();
    }
  } finally {
    judge.end();
  }
}

function excused(reason: string): Omit<Result, "mutant"> {
  return { end: "equivalent", by: reason, scenario: "", reached: 0, tried: 0 };
}

function add(mutant: Mutant, judged: Omit<Result, "mutant">): void {
  results.push({ mutant, ...judged });
  const { file, line, original, replacement } = mutant;
  const by =
    judged.by === "" ? "" : `  (${judged.by}${judged.scenario === "" ? "" : `, ${judged.scenario}`})`;
  process.stdout.write(
    `${results.length}/${drawn.length} ${judged.end.padEnd(11)} ${file}:${line} ${short(original)} → ${short(replacement)}${by}\n`,
  );
}

function known(): Kept | undefined {
  if (!existsSync(values.output)) return undefined;
  const kept = JSON.parse(readFileSync(values.output, "utf8")) as Kept; // written below
  const isSame = (["seed", "sample", "runs"] as const).every((name) => kept[name] === asked[name]);
  return isSame && kept.systems.join() === systems.join() ? kept : undefined;
}

function save(): void {
  const kept: Kept = { ...asked, all, seconds, results };
  mkdirSync(dirname(values.output), { recursive: true });
  writeFileSync(values.output, `${JSON.stringify(kept, null, 2)}\n`);
}

function print(): void {
  for (const [name, of] of [
    ["system", ({ system }: Mutant) => system],
    ["kind", ({ kind }: Mutant) => kind],
  ] as const) {
    process.stdout.write(`\n${name.padEnd(28)} killed  survived  not covered  equivalent  share\n`);
    for (const group of new Set(results.map(({ mutant }) => of(mutant))))
      line(
        group,
        results.filter(({ mutant }) => of(mutant) === group),
      );
  }
  line("all", results);
  const perHour = seconds === 0 ? "" : `: ${((results.length * 3600) / seconds).toFixed(0)} an hour`;
  process.stdout.write(
    `\n${all} mutants in all, ${drawn.length} drawn by seed ${asked.seed}, ${results.length} judged by ${asked.runs} runs each${perHour}\n`,
  );
  const counted = results.filter(({ end }) => end !== "equivalent");
  const killed = counted.filter(({ end }) => end === "killed").length;
  const open = drawn.length - results.length;
  const atLeast = Number(values["at-least"]);
  if ((killed + open) * 100 >= atLeast * (counted.length + open)) return;
  process.stderr.write(`fewer than ${atLeast} % of the mutants are noticed\n`);
  process.exitCode = 1;
}

/** Mutants that no run comes to count as survivors. */
function line(name: string, own: readonly Result[]): void {
  const count = (end: End) => own.filter((result) => result.end === end).length;
  const [killed, survived, missed] = [count("killed"), count("survived"), count("not covered")];
  const counted = killed + survived + missed;
  const share = counted === 0 ? "" : `${((killed / counted) * 100).toFixed(0)} %`.padStart(6);
  process.stdout.write(
    `${name.padEnd(28)} ${String(killed).padStart(6)}  ${String(survived).padStart(8)}  ${String(missed).padStart(11)}  ${String(count("equivalent")).padStart(10)} ${share}\n`,
  );
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

/** Which of the mutants it is, also where two have the same text. */
function mutantKey(mutant: Mutant): string {
  return `${keyOf(mutant)} ${mutant.line}:${mutant.location.start.column}`;
}

function short(text: string): string {
  const flat = text.replaceAll(/\s+/g, " ");
  return flat.length > 60 ? `${flat.slice(0, 59)}…` : flat;
}
