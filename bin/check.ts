/**
 * `seedstorm check [SCENARIO…]`: a campaign on all cores. The corpus is replayed first; then universes are tried until the
 * number or the time is used up; then the first failure of each kind is shrunk and written to a file. What was found does not
 * depend on the number of threads. A campaign that did not keep its promises has failed too.
 */

import { join } from "node:path";
import {
  type CampaignResult,
  type CampaignSettings,
  type Case,
  type CorpusEntry,
  checkKnobs,
  corpusFiles,
  DEFAULT_EVENT_BUDGET,
  DEFAULT_VERIFY_EVERY,
  type Finding,
  makeCases,
  type Progress,
  partedBy,
  replayCorpus,
  runsOf,
  type Shard,
  sortsOf,
  WHOLE,
  writeRepro,
} from "../src/explore/index.js";
import { codeOf as hashOf, type Plan, type Scenario, type Strategy } from "../src/index.js";
import { InputError, printable } from "../src/input/index.js";
import { campaignReport, cut, nameOf } from "../src/report/index.js";
import { codeOf, commandOf, deliverReport } from "./campaign-report.js";
import { checkStrategy } from "./check-strategy.js";
import { type ExitCode, HELD, INTERRUPTED, UNUSABLE } from "./exit-codes.js";
import { quoted } from "./invocation.js";
import { type OnQueue, onQueue, type QueueOptions, queueOption } from "./on-queue.js";
import { progressLine } from "./progress.js";
import type { ReportOptions } from "./reporters.js";
import type { Keeper } from "./result-keeper.js";
import { readResumed } from "./resume.js";
import { checkDefects, type Simulator, scenarioNamed, scenariosNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";
import { type Threads, withThreads } from "./threads.js";

export interface CheckOptions extends ReportOptions, QueueOptions {
  /** Runs in all, dealt out over the scenarios in turn. Default 200 for each, or no end when there is a `forMs`. */
  readonly runs: number | undefined;
  /** Real milliseconds after which no more runs are begun. */
  readonly forMs: number | undefined;
  /** The first run's seed; the others follow it. Default 1. */
  readonly seed: number | undefined;
  /** Threads; as many as the machine runs at once when left out. */
  readonly jobs: number | undefined;
  readonly shard: Shard | undefined;
  /** A result file to go on from; it decides the campaign then. */
  readonly resume: string | undefined;
  /** Where the result is kept while it runs; in the folder for reports when left out, nowhere when false. */
  readonly save: string | false | undefined;
  /** The folder for results and repro files. */
  readonly reports: string;
  readonly defects: readonly string[];
  readonly knobs: Plan["knobs"];
  /** How storms are drawn; each scenario's own when left out. */
  readonly strategy: Strategy | undefined;
  /** Every n-th seed is run twice and compared; 0 for none. Default 20. */
  readonly verifyEvery: number | undefined;
  /** Ends with the first run that fails. */
  readonly failFast: boolean;
  readonly shrink: boolean;
  /** Folder with repro files; undefined for none. */
  readonly corpus: string | undefined;
}

const RUNS_OF_EACH = 200;
const FIRST_SEED = 1;
/** Cases that are shrunk after a campaign, and how long each may take; `seedstorm shrink` goes on from there. */
const SHRUNK_CASES = 6;
const SHRINK_RUNS = 600;
const SHRINK_MS = 20_000;

export async function check(
  scenarioIds: readonly string[],
  options: CheckOptions,
  simulator: Simulator,
  terminal: Terminal,
): Promise<ExitCode> {
  const resumed =
    options.resume === undefined ? undefined : readResumed(options.resume, scenarioIds, options);
  const settings = resumed?.settings ?? settingsFrom(scenarioIds, options, simulator);
  const scenarios = settings.scenarios.map((id) => scenarioNamed(id, simulator.scenarios));
  if (options.queue !== undefined && options.forMs !== undefined) {
    throw new InputError(
      "--queue: a campaign on a queue needs a number of runs: use --runs instead of --for",
    );
  }
  const shard = resumed?.shard ?? options.shard ?? WHOLE;
  const signal = terminal.interruption();
  return withThreads(options.jobs, simulator, terminal, async (threads) => {
    const corpus = await checkCorpus(options, simulator.scenarios, threads, terminal);
    const asked = { settings, shard, resumed, signal };
    const { result, kept } = await campaign(asked, options, simulator, threads, terminal);
    const cases = await casesOf(result, scenarios, options, threads, terminal, signal);
    const interrupted = signal.aborted && !result.complete;
    const facts = campaignReport({
      result,
      scenarios,
      cases,
      corpus,
      interrupted,
      command: commandOf(settings, scenarios),
    });
    const code = await deliverReport(facts, options, interrupted ? INTERRUPTED : codeOf(facts), terminal);
    // A file that was asked for is not there: whoever waits for it must hear of it.
    return code === HELD && !kept && typeof options.save === "string" ? UNUSABLE : code;
  });
}

function settingsFrom(
  named: readonly string[],
  options: CheckOptions,
  simulator: Simulator,
): CampaignSettings {
  const scenarios = scenariosNamed(named, simulator.scenarios);
  const {
    runs,
    forMs,
    seed = FIRST_SEED,
    defects,
    knobs,
    strategy,
    verifyEvery = DEFAULT_VERIFY_EVERY,
  } = options;
  const wanted = runs ?? (forMs === undefined ? RUNS_OF_EACH * scenarios.length : null);
  const seeds = Math.ceil((wanted ?? 0) / scenarios.length);
  if (seed > Number.MAX_SAFE_INTEGER - Math.max(0, seeds - 1)) {
    throw new InputError(`--seed: ${seeds} seeds from ${seed} on go beyond ${Number.MAX_SAFE_INTEGER}`);
  }
  // Each scenario's system has all of them, or this throws: the ids are the same for all.
  const [ids = []] = scenarios.map((scenario) => checkDefects(defects, scenario));
  for (const scenario of scenarios) checkKnobs(knobs, scenario, seed);
  checkStrategy(strategy, scenarios, simulator.scenarios);
  return {
    scenarios: scenarios.map(({ id }) => id),
    seed,
    runs: wanted,
    defects: ids,
    knobs,
    ...(strategy === undefined ? {} : { strategy }),
    verifyEvery,
    eventBudget: DEFAULT_EVENT_BUDGET,
  };
}

async function checkCorpus(
  { corpus: folder }: CheckOptions,
  scenarios: readonly Scenario[],
  threads: Threads,
  terminal: Terminal,
): Promise<CorpusEntry[]> {
  const { files, skipped } = partedBy(scenarios, folder === undefined ? [] : corpusFiles(folder));
  if (skipped.length > 0) {
    const each = skipped.length === 1 ? "1 file" : `${skipped.length} files`;
    say(terminal, `note: skipped ${each} of the corpus whose scenarios are not loaded`);
  }
  if (files.length === 0) return [];
  let done = 0;
  return replayCorpus(files, scenarios, threads(), ({ file, verdict, message }) => {
    done++;
    terminal.progress(`corpus ${done}/${files.length}`);
    if (verdict !== "held") say(terminal, `✗ corpus ${file}: ${message}`);
  });
}

interface Asked {
  readonly settings: CampaignSettings;
  readonly shard: Shard;
  readonly resumed: CampaignResult | undefined;
  readonly signal: AbortSignal;
}

/** What a campaign came to, and whether it is in its file. */
interface Kept {
  readonly result: CampaignResult;
  readonly kept: boolean;
}

async function campaign(
  { settings, shard, resumed, signal }: Asked,
  options: CheckOptions,
  simulator: Simulator,
  threads: Threads,
  terminal: Terminal,
): Promise<Kept> {
  const keeper = await keeperFor({ settings, shard, resumed }, options, simulator, terminal);
  let queue: OnQueue | undefined;
  try {
    const { forMs, failFast } = options;
    queue = await onQueue(options, resumed?.queued, simulator, (sentence) => say(terminal, sentence));
    const result = await simulator.campaign({
      pool: queue?.runner ?? threads(),
      ...(queue === undefined ? {} : { queued: queue.campaign }),
      settings,
      shard,
      failFast,
      signal,
      ...(forMs === undefined ? {} : { forMs }),
      ...(resumed === undefined ? {} : { resume: resumed }),
      onProgress: (progress: Progress) => terminal.progress(progressLine(progress, terminal.columns)),
      onFinding: (finding: Finding) => {
        if (!finding.declared && !options.quiet) say(terminal, findingLine(finding, terminal.columns));
      },
      onNotice: (notice: string) => say(terminal, notice),
      onCheckpoint: (known: CampaignResult) => keeper?.save(known),
    });
    terminal.progress("");
    const kept = keeper?.save(result, true) ?? false;
    if (result.complete) await queue?.runner.forget();
    if (signal.aborted && !result.complete) {
      const goesOn =
        kept && keeper !== undefined
          ? `check --resume ${quoted(keeper.path)}${queueOption(options)} goes on`
          : "nothing was kept to go on from";
      say(terminal, `interrupted after ${result.done} of ${runsText(settings, shard)} runs; ${goesOn}`);
    }
    return { result, kept };
  } finally {
    await queue?.runner.close();
    keeper?.release();
  }
}

/** Where the result is kept, which is nobody else's place; undefined when it is not. */
async function keeperFor(
  { settings, shard, resumed }: Pick<Asked, "settings" | "shard" | "resumed">,
  { save, resume, reports }: CheckOptions,
  simulator: Simulator,
  terminal: Terminal,
): Promise<Keeper | undefined> {
  if (save === false) return undefined;
  const named = save ?? resume;
  const path = named ?? join(reports, resultName(shard));
  const isResumed = resumed !== undefined && path === resume;
  const request = { path, isNamed: named !== undefined, settings, shard, isResumed };
  const keeper = await simulator.keeper(request, (sentence) => say(terminal, sentence));
  if (keeper.path !== path)
    say(terminal, `the result is kept in ${keeper.path}, for ${path} has that of another campaign`);
  return keeper;
}

function runsText(settings: CampaignSettings, shard: Shard): string {
  const runs = runsOf(settings, shard);
  return Number.isFinite(runs) ? String(runs) : "endlessly many";
}

async function casesOf(
  result: CampaignResult,
  scenarios: readonly Scenario[],
  options: CheckOptions,
  threads: Threads,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Case[]> {
  if (sortsOf(result.summary).length === 0) return [];
  const most = options.shrink && !signal.aborted ? SHRUNK_CASES : 0;
  const cases = await makeCases(result.summary, scenarios, {
    pool: most > 0 ? threads() : undefined,
    settings: result.settings,
    most,
    runs: SHRINK_RUNS,
    ms: SHRINK_MS,
    signal,
    onCase: ({ scenario, seed, property, kind }) =>
      terminal.progress(`shrinking ${property === "" ? kind : property} in ${scenario}, seed ${seed}`),
  });
  terminal.progress("");
  if (options.save === false) return cases;
  return cases.map((found) => writtenDown(found, result.settings, options.reports, terminal));
}

function writtenDown(found: Case, settings: CampaignSettings, reports: string, terminal: Terminal): Case {
  const { repro, finding, shrinkTrace } = found;
  // What was not shrunk comes back from its seed as well.
  if (repro === undefined || shrinkTrace === undefined) return found;
  const file = join(
    reports,
    "repros",
    `${finding.scenario}-${nameOf(found)}-seed-${finding.seed}${variantOf(settings)}.json`,
  );
  try {
    writeRepro(file, repro);
    return { ...found, file };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    say(terminal, `${error.message}; the seed brings the failure back`);
    return found;
  }
}

/** Tells plans of one seed apart that were drawn with other defects, knobs or strategies; empty for none of these. */
function variantOf({ defects, knobs, strategy }: CampaignSettings): string {
  const knobsInOrder = Object.entries(knobs).sort(([a], [b]) => (a < b ? -1 : 1));
  if (defects.length === 0 && knobsInOrder.length === 0 && strategy === undefined) return "";
  const variant = JSON.stringify([[...defects].sort(), knobsInOrder, strategy ?? ""]);
  return `-${hashOf(variant).toString(16).padStart(8, "0")}`;
}

/** One line as soon as it is known, beside the progress. */
function findingLine({ scenario, seed, property, kind, message }: Finding, columns: number): string {
  return cut(
    `✗ ${scenario} seed ${seed}: ${property === "" ? kind : property} ${printable(message)}`,
    columns,
  );
}

function say(terminal: Terminal, sentence: string): void {
  terminal.progress("");
  terminal.err([sentence]);
}

function resultName({ index, of }: Shard): string {
  return of === 1 ? "check.json" : `check-${index}-of-${of}.json`;
}
