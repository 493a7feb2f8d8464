/**
 * `seedstorm shrink FILE`: from a plan that fails to a small one that fails in the same way, written down as a repro
 * file. A repro says which failure is meant; of a bare plan it is the first property that the plan violates.
 */

import { DEFAULT_EVENT_BUDGET } from "../src/explore/campaign/settings.js";
import { InputError, printable } from "../src/explore/formats/input-error.js";
import { type Repro, readRepro, reproOfShrunk, writeRepro } from "../src/explore/formats/repro-file.js";
import type { RunPool } from "../src/explore/runs/pool.js";
import { runOnePlan } from "../src/explore/runs/run-plans.js";
import { type ShrinkStep, type Shrunk, shrink as shrinkPlan } from "../src/explore/shrink/shrink.js";
import { shrinkTraceLine } from "../src/explore/shrink/trace-text.js";
import { faultLine } from "../src/report/fault-text.js";
import { hanging, outdented, style } from "../src/report/text-style.js";
import { count } from "../src/report/words.js";
import type { Scenario } from "../src/storm/scenario.js";
import { type ExitCode, HELD, INTERRUPTED } from "./exit-codes.js";
import { invocation, quoted } from "./invocation.js";
import { type Simulator, scenarioNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";
import { withThreads } from "./threads.js";

export interface ShrinkOptions {
  /** Runs at most. */
  readonly runs: number;
  /** Real milliseconds at most. */
  readonly forMs: number;
  readonly jobs: number | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Where the small plan goes. Default: beside the file, with `.small` before its ending. */
  readonly output: string | undefined;
}

export async function shrink(
  file: string,
  options: ShrinkOptions,
  simulator: Simulator,
  terminal: Terminal,
): Promise<ExitCode> {
  const repro = readRepro(file, simulator.scenarios);
  const scenario = scenarioNamed(repro.plan.scenario, simulator.scenarios);
  const signal = terminal.interruption();
  return withThreads(options.jobs, simulator, terminal, async (threads) => {
    const pool = threads();
    const sought = repro.expected ?? (await firstViolation(repro, scenario, pool));
    if (sought === undefined)
      throw new InputError(`${printable(file)}: the plan does not fail, so there is nothing to shrink`);
    const { property, signature } = sought;
    const shrunk = await shrinkPlan(repro.plan, {
      pool,
      system: scenario.system,
      property,
      signature,
      signal,
      runs: options.runs,
      ms: options.forMs,
      onStep: ({ what, faults, operations, runs }: ShrinkStep) =>
        terminal.progress(
          `${count(faults, "fault")}, ${count(operations, "order")} after ${count(runs, "run")} · ${what}`,
        ),
    });
    terminal.progress("");
    if (shrunk === undefined) {
      throw new InputError(
        `${printable(file)}: the plan no longer violates ${property} in the same way, so there is nothing to shrink`,
      );
    }
    const output = options.output ?? smallName(file);
    writeRepro(output, reproOfShrunk(shrunk));
    terminal.out(
      options.json
        ? [JSON.stringify(jsonOf(shrunk, output), null, 2)]
        : resultLines(shrunk, output, options, terminal),
    );
    return shrunk.shrinkTrace.end === "interrupted" ? INTERRUPTED : HELD;
  });
}

/** What the plan violates first that its scenario doesn't declare, or else anything that it violates. */
export async function firstViolation(
  { plan }: Repro,
  scenario: Scenario,
  pool: RunPool,
): Promise<{ readonly property: string; readonly signature: string } | undefined> {
  const result = await runOnePlan(pool, plan, { eventBudget: DEFAULT_EVENT_BUDGET });
  const violations = result?.violations ?? [];
  return violations.find(({ property }) => !scenario.expectedViolations.includes(property)) ?? violations[0];
}

function resultLines(
  { plan, violation, shrinkTrace }: Shrunk,
  output: string,
  { quiet }: ShrinkOptions,
  terminal: Terminal,
): string[] {
  const { columns, color } = style(terminal.columns, terminal.outColors);
  const command = `${invocation()} replay ${quoted(output)}`;
  if (quiet) return [command];
  return [
    ...outdented(`✗ ${violation.property} ${violation.message}`, columns).map((line) => color.red(line)),
    ...hanging("  ", shrinkTraceLine(shrinkTrace, "order"), columns),
    ...shrinkTrace.steps.map((step) => color.dim(`    ${rungText(step)}`)),
    ...plan.faults.flatMap((fault) => hanging("  ", faultLine(fault), columns)),
    `  ${command}`,
  ];
}

function rungText({ what, faults, operations, hosts, runs }: ShrinkStep): string {
  const size = [count(faults, "fault"), count(operations, "order"), count(hosts, "host")].join(", ");
  return `run ${runs}: ${size} (${what})`;
}

function jsonOf({ plan, violation, result, shrinkTrace }: Shrunk, output: string) {
  const { property, message } = violation;
  return {
    file: output,
    scenario: plan.scenario,
    property,
    message,
    traceHash: result.traceHash,
    shrinkTrace,
  };
}

function smallName(file: string): string {
  return file.endsWith(".json") ? `${file.slice(0, -5)}.small.json` : `${file}.small.json`;
}
