/**
 * Many runs of one scenario as a test: a failure that was found before is run first; the first failure is shrunk, reported as a
 * story, saved beside the test, and thrown. It works in every test runner: it throws a `StormFailure` or comes back.
 *
 * The first runs are done in this thread. What takes longer than a moment goes on in worker threads, one for each core, where
 * they can load the scenario; there a run that never ends is noticed, too. What is found does not depend on the threads: it
 * is the failure of the lowest seed.
 */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { DEFAULT_EVENT_BUDGET } from "../../explore/campaign/settings.js";
import { readRepro, reproOfShrunk, writeRepro } from "../../explore/formats/repro-file.js";
import { undeclared } from "../../explore/runs/judgement.js";
import { defaultJobs, withPool } from "../../explore/runs/pool.js";
import type { PlanResult } from "../../explore/runs/run-plan.js";
import { runPlans } from "../../explore/runs/run-plans.js";
import { inThisThread, PoolUnusable } from "../../explore/runs/runner.js";
import { type Shrunk, shrink } from "../../explore/shrink/shrink.js";
import { shrinkTraceLine } from "../../explore/shrink/trace-text.js";
import { storyLines } from "../../report/story.js";
import { style } from "../../report/text-style.js";
import type { Plan } from "../../sim/plan.js";
import { runOn } from "../../storm/run.js";
import type { Outcome, Scenario } from "../../storm/scenario.js";
import { verifyOn } from "../../storm/verify.js";
import { ProgramError } from "../program/bundler.js";
import { CLIENT, expectations, type StormBody } from "./client.js";
import { type StormOptions, StormOptionsError, type StormScenario, stormScenario } from "./scenario.js";

/** How many runs, and which. */
export interface RunsOptions {
  /** Universes to try. Default 100; `SEEDSTORM_RUNS` in the environment takes precedence. */
  readonly runs?: number;
  /** The first seed; default 1. `SEEDSTORM_SEED` in the environment is the only one that is run. */
  readonly seed?: number;
  /** Real milliseconds that shrinking a failure may take. Default 20,000. */
  readonly shrinkMs?: number;
  /** Worker threads at most. Default: one for each core. */
  readonly jobs?: number;
  /** Real milliseconds after which a run in a worker thread that does not end has hung. Default 30,000. */
  readonly hangMs?: number;
}

export interface CheckOptions extends StormOptions, RunsOptions {}

export interface CheckPlace {
  /** Absolute path of the folder that relative paths begin in, and that `__storms__` is put in. Default: the working directory. */
  readonly base?: string;
  /** What runs the failing seed again, without the environment before it. Default: Node with the file that it was started with. */
  readonly command?: string;
  /**
   * URL of a module that exports the scenario in a list by the name `scenarios`, for worker threads. Asked for when the runs
   * take longer than a moment; where there is none, all runs are done in this thread.
   */
  readonly module?: (() => Promise<string | undefined>) | undefined;
  /** Called when worker threads can't load the scenario, with the reason. */
  readonly onNotice?: (notice: string) => void;
  /** Called after each run. */
  readonly onProgress?: (progress: CheckProgress) => void;
  /** Ends it before all runs are done: with the reason. */
  readonly signal?: AbortSignal;
}

export interface CheckProgress {
  readonly done: number;
  readonly runs: number;
  /** Faults that did something so far. */
  readonly fired: number;
}

/** What a check that found nothing has done. */
export interface CheckReport {
  readonly runs: number;
  /** Of each kind that was planned: how many faults did something. */
  readonly fired: Readonly<Record<string, number>>;
  /** The trace hash of each run, in the order of the seeds. */
  readonly traceHashes: readonly string[];
}

/** A run of a storm test went wrong: its message tells the whole story. */
export class StormFailure extends Error {
  override readonly name = "StormFailure";

  constructor(
    message: string,
    readonly seed: number,
    /** Of the smallest plan that fails. */
    readonly outcome: Outcome,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/** A run hung, used up the memory or took its thread with it: there is nothing to shrink or to tell. */
export class UnfinishedRun extends Error {
  override readonly name = "UnfinishedRun";
}

const LOOKS_OUTSIDE =
  "Something looks at the real world: a timer, a clock or state outside of the function that the test is given.";
const STORY_COLUMNS = 110;
const SHRINK_RUNS = 400;
/** Runs that are through within so many real milliseconds need no threads: those take about as long to start. */
const MOMENT_MS = 2_000;

/** Runs a client's function against programs in many storms. @throws StormFailure, ProgramError, StormOptionsError or InputError. */
export async function check(
  name: string,
  options: CheckOptions,
  body: StormBody,
  place: CheckPlace = {},
): Promise<CheckReport> {
  return checkScenario(await stormScenario(name, options, body, place.base), options, place);
}

/** Runs a scenario in many storms: a system written against `Host`, or one of programs. @throws as `check` does. */
export async function checkScenario(
  scenario: Scenario | StormScenario,
  options: RunsOptions = {},
  place: CheckPlace = {},
): Promise<CheckReport> {
  const bodyError = (): unknown => ("lastEnd" in scenario ? scenario.lastEnd()?.error : undefined);
  return new Checking(scenario, options, place, bodyError).run();
}

class Checking {
  readonly #scenario: Scenario;
  readonly #options: RunsOptions;
  readonly #place: CheckPlace;
  readonly #bodyError: () => unknown;
  readonly #command: string;
  readonly #file: string;
  readonly #fired = new Map<string, number>();
  readonly #traceHashes: string[] = [];

  /** @param bodyError what the test's function threw in the latest run of this thread. */
  constructor(scenario: Scenario, options: RunsOptions, place: CheckPlace, bodyError: () => unknown) {
    this.#scenario = scenario;
    this.#options = options;
    this.#place = place;
    this.#bodyError = bodyError;
    this.#command = place.command ?? `node ${relative(process.cwd(), process.argv[1] ?? "")}`;
    this.#file = join(place.base ?? process.cwd(), "__storms__", `${scenario.id}.json`);
  }

  async run(): Promise<CheckReport> {
    const only = numberOf("SEEDSTORM_SEED");
    if (only === undefined) await this.#replay();
    const first = only ?? this.#options.seed ?? 1;
    const runs = only === undefined ? (numberOf("SEEDSTORM_RUNS") ?? this.#options.runs ?? 100) : 1;
    const end = first + runs;
    const began = performance.now();
    let mayThread = this.#place.module !== undefined && this.#jobs() > 1;
    for (let seed = first; seed < end; seed++) {
      if (mayThread && isLong(performance.now() - began, seed - first, runs)) {
        mayThread = false;
        await this.#inThreads(seed, end, runs);
        seed = first + this.#traceHashes.length;
        if (seed >= end) break;
      }
      const plan = this.#scenario.plan(seed);
      const outcome = seed === first ? await this.#verified(plan) : await runOn(this.#scenario.system, plan);
      await this.#judge(outcome);
      this.#count(
        outcome.traceHash,
        Object.entries(outcome.faults).map(([kind, { fired }]) => [kind, fired]),
        runs,
      );
    }
    return { runs, fired: Object.fromEntries(this.#fired), traceHashes: this.#traceHashes };
  }

  #jobs(): number {
    return this.#options.jobs ?? defaultJobs();
  }

  /** Does what it can of the rest in worker threads: all of it, unless they can't load the scenario. */
  async #inThreads(from: number, end: number, runs: number): Promise<void> {
    try {
      const registry = await this.#place.module?.();
      if (registry !== undefined) await this.#onPool(registry, from, end, runs);
    } catch (error) {
      if (!(error instanceof PoolUnusable || error instanceof ProgramError)) throw error;
      this.#place.onNotice?.(
        `all runs are done in one thread, since others can't load the test: ${error.message}`,
      );
    }
  }

  async #onPool(registry: string, from: number, end: number, runs: number): Promise<void> {
    const { signal } = this.#place;
    const scenario = this.#scenario;
    let failed: { readonly result: PlanResult; readonly plan: Plan } | undefined;
    const { hangMs } = this.#options;
    const jobs = Math.min(this.#jobs(), end - from);
    await withPool({ registry, jobs, ...(hangMs === undefined ? {} : { hangMs }) }, async (pool) => {
      const stop = (): void => void pool.close();
      signal?.addEventListener("abort", stop, { once: true });
      const plans = function* (): Generator<Plan> {
        for (let seed = from; seed < end; seed++) yield scenario.plan(seed);
      };
      await runPlans(pool, plans(), { eventBudget: DEFAULT_EVENT_BUDGET }, (result, _index, plan) => {
        if (undeclared(result, scenario).length > 0) {
          failed = { result, plan };
          return false;
        }
        const kinds = new Map(plan.faults.map(({ id, kind }) => [id, kind]));
        this.#count(
          result.traceHash,
          result.fired.map((id) => [kinds.get(id) ?? id, 1]),
          runs,
        );
        return true;
      });
      signal?.removeEventListener("abort", stop);
    });
    signal?.throwIfAborted();
    if (failed !== undefined) await this.#failedInThread(failed.plan, failed.result);
  }

  /** What failed in a thread is looked at in this one, where it can be told what the test's function expected. */
  async #failedInThread(plan: Plan, { verdict, violations }: PlanResult): Promise<never> {
    const [violation] = violations;
    const again = `again: ${this.#commandFor(plan.seed)}`;
    if (verdict === "broken") {
      throw new UnfinishedRun(`${this.#scenario.title}: seed ${plan.seed}: ${violation?.message}\n${again}`);
    }
    await this.#judge(await runOn(this.#scenario.system, plan));
    throw new StormOptionsError(
      `${this.#scenario.title}: seed ${plan.seed} failed in a worker thread and not in this one:\n  ${violation?.property}: ${violation?.message}\n${LOOKS_OUTSIDE}\n${again}`,
    );
  }

  #count(traceHash: string, fired: readonly (readonly [kind: string, times: number])[], runs: number): void {
    this.#traceHashes.push(traceHash);
    for (const [kind, times] of fired) this.#fired.set(kind, (this.#fired.get(kind) ?? 0) + times);
    const all = [...this.#fired.values()].reduce((sum, times) => sum + times, 0);
    this.#place.onProgress?.({ done: this.#traceHashes.length, runs, fired: all });
    this.#place.signal?.throwIfAborted();
  }

  /** What failed before is run before anything else. */
  async #replay(): Promise<void> {
    if (!existsSync(this.#file)) return;
    const { plan } = readRepro(this.#file, [this.#scenario]);
    const outcome = await runOn(this.#scenario.system, plan);
    if (undeclared(outcome, this.#scenario).length > 0)
      throw this.#failure(outcome, plan.seed, [`From ${this.#file}, which is run first.`]);
  }

  /** The first universe is run twice: a test that is not the same each time proves nothing. */
  async #verified(plan: Plan): Promise<Outcome> {
    const { outcome, divergence } = await verifyOn(this.#scenario.system, plan);
    if (divergence === undefined) return outcome;
    const { step, first, second } = divergence;
    throw new StormOptionsError(
      `${this.#scenario.title}: seed ${plan.seed} ran twice and was not the same. At step ${step} the first run did\n  ${first}\nand the second\n  ${second}\n${LOOKS_OUTSIDE}`,
    );
  }

  async #judge(outcome: Outcome): Promise<void> {
    const [violation] = undeclared(outcome, this.#scenario);
    if (violation === undefined) return;
    const { plan } = outcome;
    const shrunk = await shrink(plan, {
      pool: inThisThread([this.#scenario]),
      system: this.#scenario.system,
      property: violation.property,
      passing: { declared: this.#scenario.expectedViolations },
      runs: SHRINK_RUNS,
      ms: this.#options.shrinkMs ?? 20_000,
      eventBudget: DEFAULT_EVENT_BUDGET,
    });
    if (shrunk === undefined) throw this.#failure(outcome, plan.seed, []);
    writeRepro(this.#file, reproOfShrunk(shrunk));
    const passing =
      shrunk.passing === undefined ? undefined : await runOn(this.#scenario.system, shrunk.passing);
    const began = performance.now();
    const small = await runOn(this.#scenario.system, shrunk.plan);
    const wallTimeMs = performance.now() - began;
    throw this.#failure(small, plan.seed, notesOf(shrunk, this.#file), { wallTimeMs, passing });
  }

  #failure(
    outcome: Outcome,
    seed: number,
    notes: readonly string[],
    {
      wallTimeMs = 0,
      passing,
    }: { readonly wallTimeMs?: number; readonly passing?: Outcome | undefined } = {},
  ): StormFailure {
    const [violation] = undeclared(outcome, this.#scenario);
    const cause = violation?.property === expectations.id ? this.#bodyError() : undefined;
    const story = storyLines(
      {
        outcome,
        scenario: this.#scenario,
        wallTimeMs,
        command: this.#commandFor(seed),
        full: false,
        notes,
        verified: false,
        ...(passing === undefined ? {} : { passing }),
      },
      style(STORY_COLUMNS, 0),
    );
    const message = `${violation?.property}: ${violation?.message ?? outcome.verdict}\n\n${story.join("\n")}`;
    const failure = new StormFailure(message, seed, outcome, cause);
    // The frames of what failed in the test's function, or in a program: runners show the source at the first of them.
    const frames = cause instanceof Error ? framesOf(cause.stack ?? "") : frameAt(violation?.place);
    if (frames !== "") failure.stack = `${failure.name}: ${message}\n${frames}`;
    return failure;
  }

  #commandFor(seed: number): string {
    return `SEEDSTORM_SEED=${seed} ${this.#command}`;
  }
}

const frameAt = (place: string | undefined): string => (place === undefined ? "" : `    at ${place}`);

/** Whether what is left is more than a moment's work. */
function isLong(elapsedMs: number, done: number, runs: number): boolean {
  return elapsedMs >= MOMENT_MS && (elapsedMs / done) * (runs - done) > MOMENT_MS;
}

function framesOf(stack: string): string {
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
}

function notesOf({ shrinkTrace, plan }: Shrunk, file: string): string[] {
  const left = plan.topology.filter(({ id }) => id !== CLIENT).length;
  return [
    `Shrunk: ${shrinkTraceLine(shrinkTrace)}; hosts: ${left}.`,
    `Written to ${file}, which is run first next time.`,
  ];
}

function numberOf(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new StormOptionsError(`${name}: expected a whole number, got ${JSON.stringify(text)}`);
  }
  return number;
}
