/**
 * One plan, run and reported: what `run` and `replay` have in common. Whatever goes wrong in here is the
 * harness's failure and names the command that brings it back.
 */

import { type Comparison, hasFailed } from "../src/explore/index.js";
import type { Divergence, Outcome, Plan, Scenario, Verification } from "../src/index.js";
import { InputError, printable } from "../src/input/index.js";
import {
  closingLines,
  compareRuns,
  comparisonJson,
  hanging,
  measurementLines,
  recordingOf,
  runJson,
  sliceLines,
  storyLines,
  style,
} from "../src/report/index.js";
import { type ExitCode, firstLine, HarnessError, HELD, UNUSABLE, VIOLATED } from "./exit-codes.js";
import type { RunNames, Universes } from "./simulator.js";
import type { Writer } from "./terminal.js";

/** Options that `run` and `replay` share. */
export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verify: boolean;
  readonly full: boolean;
  /** A file that takes what would go to standard output. */
  readonly output: string | undefined;
  /** Real milliseconds after which a run that does not end has hung; 30,000 when left out. */
  readonly hangMs: number | undefined;
}

export interface Performance {
  readonly scenario: Scenario;
  readonly plan: Plan;
  /** What is to be typed to run it again. */
  readonly command: string;
  /** Where the plan comes from, for complaints about it; empty when it was generated. */
  readonly source: string;
  readonly notes: readonly string[];
  /** Keys that are added to the JSON object. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** What the run is compared with, where it was expected to come to something. */
  readonly compare?: (outcome: Outcome) => Comparison;
  /** The nearest plan that passes: its run is shown beside one that failed. */
  readonly passing?: Plan;
  /** Tells a run that failed by what led to it, unless everything is asked for. */
  readonly sliced?: boolean;
}

export async function executeRun(
  performance: Performance,
  options: OutputOptions,
  simulator: Universes,
  terminal: Writer,
): Promise<ExitCode> {
  const { scenario, command, notes, extra } = performance;
  simulator.begins?.({ scenario: scenario.id, seed: performance.plan.seed, command });
  const started = terminal.now();
  const { outcome, divergence } = await runGuarded(performance, options, simulator);
  const wallTimeMs = (terminal.now() - started) / (options.verify ? 2 : 1);
  if (divergence !== undefined) throw diverged(divergence, command);
  const failed = hasFailed(outcome, scenario);
  const passing = failed && !options.quiet ? await passingRun(performance, simulator) : undefined;
  const recording = failed && !options.json ? await recordingOf(outcome, scenario) : undefined;
  const report = {
    outcome,
    scenario,
    wallTimeMs,
    command,
    full: options.full,
    notes,
    verified: options.verify,
    ...(passing === undefined ? {} : { passing }),
    ...(recording === undefined ? {} : { recording }),
  };
  const comparison = performance.compare?.(outcome) ?? { verdict: "ran", sentence: "" };
  const compared = comparison.sentence === "" ? {} : { replay: comparison };
  const view = style(terminal.columns, options.output === undefined ? terminal.outColors : 0);
  const lines = options.json
    ? [
        JSON.stringify(
          {
            ...runJson(outcome, wallTimeMs),
            ...extra,
            ...compared,
            ...(passing === undefined
              ? {}
              : { nearestPassing: comparisonJson(compareRuns(outcome, passing, scenario)) }),
            ...(options.verify ? { verified: true } : {}),
          },
          null,
          2,
        ),
      ]
    : options.quiet
      ? failed
        ? closingLines(report, view)
        : []
      : [
          ...(performance.sliced === true && !options.full && outcome.violations.length > 0
            ? sliceLines(report, view)
            : storyLines(report, view)),
          ...measurementLines(scenario.system.measurements?.(outcome), view),
          ...(comparison.sentence === "" ? [] : hanging("", comparison.sentence, view.columns)),
        ];
  return deliver(lines, options.output, failed ? VIOLATED : HELD, terminal);
}

/** The run that stands beside one that failed; none when it does not pass any more: then it shows nothing. */
async function passingRun(
  { passing, scenario, command }: Performance,
  simulator: Universes,
): Promise<Outcome | undefined> {
  if (passing === undefined) return undefined;
  const { outcome } = await runGuarded({ plan: passing, command, source: "" }, { verify: false }, simulator);
  return hasFailed(outcome, scenario) ? undefined : outcome;
}

/** A run that hangs, or that takes its thread with it, has failed as one that violates a property. */
export function reportLost(
  why: "hung" | "died",
  message: string,
  { scenario, seed, command }: RunNames,
  { json, output }: Pick<OutputOptions, "json" | "output">,
  terminal: Writer,
): ExitCode {
  const text = why === "hung" ? message : `the run took its thread with it: ${message}`;
  const lines = json
    ? [JSON.stringify({ scenario, seed, verdict: why, message: text, command }, null, 2)]
    : [`✗ ${why} ${scenario} with seed ${seed}: ${printable(text)}`, `  ${command}`];
  return deliver(lines, output, VIOLATED, terminal);
}

/**
 * Lines go to standard output, or to the file that takes its place. Where the file can't be written nothing is lost:
 * standard output has them after all, and what would have been a success is none.
 *
 * @param instead what standard output gets then, where the lines are not for a terminal.
 */
export function deliver(
  lines: readonly string[],
  output: string | undefined,
  code: ExitCode,
  terminal: Writer,
  instead: readonly string[] = lines,
): ExitCode {
  if (output === undefined) {
    terminal.out(lines);
    return code;
  }
  try {
    terminal.write(output, lines.length === 0 ? "" : `${lines.join("\n")}\n`);
    return code;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    terminal.err([`error: ${error.message}; standard output has it instead`]);
    terminal.out(instead);
    return code === HELD ? UNUSABLE : code;
  }
}

export function diverged({ step, first, second }: Divergence, command: string): HarnessError {
  const message = `two runs of one plan differ from step ${step} on: first "${first}", then "${second}"`;
  return new HarnessError(message, command);
}

async function runGuarded(
  { plan, command, source }: Pick<Performance, "plan" | "command" | "source">,
  { verify }: Pick<OutputOptions, "verify">,
  simulator: Universes,
): Promise<Verification> {
  try {
    if (verify) return await simulator.verify(plan);
    return { outcome: await simulator.run(plan), divergence: undefined };
  } catch (error) {
    if (isOfThePlan(error))
      throw new InputError(`${source === "" ? "" : `${source}: `}${firstLineOfMessage(error)}`);
    throw new HarnessError(`the simulator failed: ${firstLine(error)}`, command, error);
  }
}

/** A system that refuses a knob says so with its path, and a plan may be too busy to end: neither is the harness's failure. */
function isOfThePlan(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error.name === "EventBudgetExceeded") return true;
  // By its name: an error that comes from another thread has lost its class.
  return error.name === "RangeError" && error.message.startsWith("knobs.");
}

const firstLineOfMessage = ({ message }: Error): string => printable(message.split("\n", 1)[0] ?? message);
