/**
 * Many runs of a storm test, one after the other, in this thread. A failure that was found before is run
 * first; the first failure is shrunk, reported as a story, saved beside the test, and thrown.
 *
 * It works in every test runner: it throws a `StormFailure` or comes back. What it leaves out: runs on several threads at
 * once (test runners give each test file a thread of its own), and a watch over endless loops.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_EVENT_BUDGET } from "../../explore/campaign/settings.js";
import { readRepro, reproOfShrunk, writeRepro } from "../../explore/formats/repro-file.js";
import { inThisThread } from "../../explore/runs/runner.js";
import { type Shrunk, shrink } from "../../explore/shrink/shrink.js";
import { shrinkTraceLine } from "../../explore/shrink/trace-text.js";
import { storyLines } from "../../report/story.js";
import { style } from "../../report/text-style.js";
import type { Plan } from "../../sim/plan.js";
import { runOn } from "../../storm/run.js";
import type { Outcome } from "../../storm/scenario.js";
import { verifyOn } from "../../storm/verify.js";
import { CLIENT, expectations, type StormBody } from "./client.js";
import { type StormOptions, StormOptionsError, type StormScenario, stormScenario } from "./scenario.js";

export interface CheckOptions extends StormOptions {
  /** Universes to try. Default 100; `SEEDSTORM_RUNS` in the environment takes precedence. */
  readonly runs?: number;
  /** The first seed; default 1. `SEEDSTORM_SEED` in the environment is the only one that is run. */
  readonly seed?: number;
  /** Real milliseconds that shrinking a failure may take. Default 20,000. */
  readonly shrinkMs?: number;
}

export interface CheckPlace {
  /** Absolute path of the folder that relative paths begin in, and that `__storms__` is put in. */
  readonly base: string;
  /** What runs the failing seed again, without the environment before it. */
  readonly command: string;
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

const STORY_COLUMNS = 110;
const SHRINK_RUNS = 400;

/** @throws StormFailure, ProgramError, StormOptionsError or InputError. */
export async function check(
  name: string,
  options: CheckOptions,
  body: StormBody,
  place: CheckPlace,
): Promise<CheckReport> {
  const scenario = await stormScenario(name, options, body, place.base);
  const checking = new Checking(scenario, options, place);
  return checking.run();
}

class Checking {
  readonly #scenario: StormScenario;
  readonly #options: CheckOptions;
  readonly #place: CheckPlace;
  readonly #file: string;
  readonly #fired = new Map<string, number>();
  readonly #traceHashes: string[] = [];

  constructor(scenario: StormScenario, options: CheckOptions, place: CheckPlace) {
    this.#scenario = scenario;
    this.#options = options;
    this.#place = place;
    this.#file = join(place.base, "__storms__", `${scenario.id}.json`);
  }

  async run(): Promise<CheckReport> {
    const only = numberOf("SEEDSTORM_SEED");
    if (only === undefined) await this.#replay();
    const first = only ?? this.#options.seed ?? 1;
    const runs = only === undefined ? (numberOf("SEEDSTORM_RUNS") ?? this.#options.runs ?? 100) : 1;
    for (let seed = first; seed < first + runs; seed++) {
      const plan = this.#scenario.plan(seed);
      const outcome = seed === first ? await this.#verified(plan) : await runOn(this.#scenario.system, plan);
      await this.#judge(outcome);
      this.#traceHashes.push(outcome.traceHash);
      for (const [kind, { fired }] of Object.entries(outcome.faults)) {
        this.#fired.set(kind, (this.#fired.get(kind) ?? 0) + fired);
      }
    }
    return { runs, fired: Object.fromEntries(this.#fired), traceHashes: this.#traceHashes };
  }

  /** What failed before is run before anything else. */
  async #replay(): Promise<void> {
    if (!existsSync(this.#file)) return;
    const { plan } = readRepro(this.#file, [this.#scenario]);
    const outcome = await runOn(this.#scenario.system, plan);
    if (outcome.violations.length > 0)
      throw this.#failure(outcome, plan.seed, [`From ${this.#file}, which is run first.`]);
  }

  /** The first universe is run twice: a test that is not the same each time proves nothing. */
  async #verified(plan: Plan): Promise<Outcome> {
    const { outcome, divergence } = await verifyOn(this.#scenario.system, plan);
    if (divergence === undefined) return outcome;
    const { step, first, second } = divergence;
    throw new StormOptionsError(
      `${this.#scenario.title}: seed ${plan.seed} ran twice and was not the same. At step ${step} the first run did\n  ${first}\nand the second\n  ${second}\nSomething looks at the real world: a timer, a clock or state outside of the function that the test is given.`,
    );
  }

  async #judge(outcome: Outcome): Promise<void> {
    const [violation] = outcome.violations;
    if (violation === undefined) return;
    const { plan } = outcome;
    const shrunk = await shrink(plan, {
      pool: inThisThread([this.#scenario]),
      system: this.#scenario.system,
      property: violation.property,
      passing: { declared: [] },
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
    const [violation] = outcome.violations;
    const end = violation?.property === expectations.id ? this.#scenario.lastEnd() : undefined;
    const cause = end?.error;
    const story = storyLines(
      {
        outcome,
        scenario: this.#scenario,
        wallTimeMs,
        command: `SEEDSTORM_SEED=${seed} ${this.#place.command}`,
        full: false,
        notes,
        verified: false,
        ...(passing === undefined ? {} : { passing }),
      },
      style(STORY_COLUMNS, 0),
    );
    const message = `${violation?.property}: ${violation?.message ?? outcome.verdict}\n\n${story.join("\n")}`;
    const failure = new StormFailure(message, seed, outcome, cause);
    // The frames of what failed in the test's function: runners show the source at the first of them.
    if (cause instanceof Error && cause.stack !== undefined) {
      failure.stack = `${failure.name}: ${message}\n${framesOf(cause.stack)}`;
    }
    return failure;
  }
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
