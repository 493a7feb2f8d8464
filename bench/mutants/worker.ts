/**
 * The process that runs universes of a build with mutants, one mutant at a time. First it runs the whole campaign with none
 * on, and notes which mutants each run came to: a run that never comes to a mutant is the same with it. A mutant is then put
 * through those runs alone, until one fails; if none does, the campaign as a whole is judged, as `seedstorm check` judges it.
 *
 * Two things make a fresh process necessary, and are reported: a mutant in code that runs while modules load, which is to be in
 * the environment from the start; and a failing plan that fails without the mutant too, because something was left behind.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Expectations from "../../src/explore/campaign/expectations.js";
import type * as SettingsModule from "../../src/explore/campaign/settings.js";
import type { CampaignSettings } from "../../src/explore/campaign/settings.js";
import type * as SummaryModule from "../../src/explore/campaign/summary.js";
import type { Summary } from "../../src/explore/campaign/summary.js";
import type * as Observe from "../../src/explore/runs/observe-run.js";
import type * as Registry from "../../src/scenarios/index.js";

export interface Task {
  /** Folder of the build. */
  readonly place: string;
  readonly scenarios: readonly string[];
  readonly runs: number;
  readonly seed: number;
}

export type Request =
  /** Runs the campaign without a mutant. */
  | { readonly type: "baseline" }
  /** Takes over what another process found by that. */
  | { readonly type: "resume"; readonly parts: readonly Summary[] }
  | { readonly type: "mutant"; readonly id: string; readonly runs: readonly number[] };

/** For each run, by position: the mutants it came to, with how often. */
export type Coverage = readonly (readonly (readonly [id: string, hits: number])[])[];

export type Report =
  | { readonly type: "ready" }
  | { readonly type: "running" }
  | {
      readonly type: "covered";
      readonly loading: readonly string[];
      readonly coverage: Coverage;
      readonly parts: readonly Summary[];
      readonly failed: string;
    }
  | {
      readonly type: "judged";
      readonly by: string;
      readonly scenario: string;
      readonly tried: number;
      readonly tainted: boolean;
    };

/** What the instrumented code looks at and counts in. */
interface Switch {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}

const task = JSON.parse(process.argv[2] ?? "") as Task; // written by the parent
const from = <M>(path: string): Promise<M> =>
  import(pathToFileURL(join(task.place, "out/src", path)).href) as Promise<M>;
const { findScenario } = await from<typeof Registry>("scenarios/index.js");
const { observe } = await from<typeof Observe>("explore/runs/observe-run.js");
const { emptySummary, addSummary, failures } = await from<typeof SummaryModule>(
  "explore/campaign/summary.js",
);
const { runAt, WHOLE, DEFAULT_EVENT_BUDGET } = await from<typeof SettingsModule>(
  "explore/campaign/settings.js",
);
const { unmetExpectations } = await from<typeof Expectations>("explore/campaign/expectations.js");

const shared = globalThis as { __stryker__?: Switch }; // by the name that instrumented code uses
shared.__stryker__ ??= {};
const mutants = shared.__stryker__;
const settings: CampaignSettings = {
  scenarios: task.scenarios,
  seed: task.seed,
  runs: task.runs,
  defects: [],
  knobs: {},
  verifyEvery: 0,
  eventBudget: DEFAULT_EVENT_BUDGET,
};
const scenarios = task.scenarios.flatMap((id) => findScenario(id) ?? []);
/** Of the campaign without a mutant: each run by itself. */
let parts: readonly Summary[] = [];

process.on("message", (request: Request) => {
  switch (request.type) {
    case "baseline":
      void baseline();
      break;
    case "resume":
      parts = request.parts;
      break;
    case "mutant":
      void judge(request.id, request.runs);
      break;
  }
});
process.on("disconnect", () => process.exit());
report({ type: "ready" });

function report(what: Report): void {
  process.send?.(what);
}

/** One run by itself, and what fails of it; empty when nothing does. */
async function runOne(
  position: number,
): Promise<{ readonly part: Summary; readonly by: string; readonly scenario: string }> {
  const run = runAt(settings, WHOLE, position);
  const scenario = findScenario(run.scenario);
  if (scenario === undefined) throw new Error(`no scenario ${run.scenario}`);
  const part = emptySummary();
  await observe(run, scenario, settings, part);
  report({ type: "running" });
  const [found] = failures(part);
  return { part, by: found === undefined ? "" : found.property || found.kind, scenario: run.scenario };
}

async function baseline(): Promise<void> {
  const coverage: (readonly [string, number])[][] = [];
  let failed = "";
  mutants.mutantCoverage ??= { static: {}, perTest: {} };
  const cover = mutants.mutantCoverage;
  const loading = Object.keys(cover.static);
  const made: Summary[] = [];
  for (let position = 0; position < task.runs; position++) {
    mutants.currentTestId = "run";
    cover.perTest = {};
    const { part, by, scenario } = await runOne(position);
    if (by !== "") failed = `${by} in ${scenario}`;
    made.push(part);
    coverage.push(Object.entries(cover.perTest.run ?? {}));
  }
  parts = made;
  report({ type: "covered", loading, coverage, parts, failed });
}

async function judge(id: string, runs: readonly number[]): Promise<void> {
  const own = new Map<number, Summary>();
  for (const position of runs) {
    mutants.activeMutant = id;
    const { part, by, scenario } = await runOne(position);
    if (by !== "") {
      mutants.activeMutant = process.env.__STRYKER_ACTIVE_MUTANT__;
      const tainted = mutants.activeMutant === undefined && (await runOne(position)).by !== "";
      report({ type: "judged", by, scenario, tried: own.size + 1, tainted });
      return;
    }
    own.set(position, part);
  }
  const sum = emptySummary();
  for (let position = 0; position < task.runs; position++) {
    const part = own.get(position) ?? parts[position];
    if (part !== undefined) addSummary(sum, structuredClone(part));
  }
  const unmet = unmetExpectations(sum, scenarios, true).find(({ binding }) => binding);
  report({
    type: "judged",
    by: unmet?.name ?? "",
    scenario: unmet?.scenario ?? "",
    tried: own.size,
    tainted: false,
  });
}
