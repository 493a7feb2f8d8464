/**
 * `seedstorm shrink FILE`: from a plan that fails to a small one that fails in the same way, written down as a repro
 * file. A repro says which failure is meant; of a bare plan it is the first property that the plan violates.
 */

import {
  readRepro,
  reproOfShrunk,
  type ShrinkStep,
  type Shrunk,
  shrink as shrinkFailure,
  shrinkTraceLine,
  writeRepro,
} from "../src/explore/index.js";
import type { Scenario } from "../src/index.js";
import { InputError, printable } from "../src/input/index.js";
import { changesText, count, faultLine, hanging, outdented, passesText, style } from "../src/report/index.js";
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
    const shrunk = await shrinkFailure(repro, scenario, {
      runner: threads(),
      signal,
      runs: options.runs,
      ms: options.forMs,
      onStep: ({ what, faults, operations, runs }: ShrinkStep) =>
        terminal.progress(
          `${count(faults, "fault")}, ${count(operations, nounOf(scenario))} after ${count(runs, "run")} · ${what}`,
        ),
    });
    terminal.progress("");
    if (shrunk === undefined) {
      const { expected } = repro;
      const what =
        expected === undefined ? "does not fail" : `no longer violates ${expected.property} in the same way`;
      throw new InputError(`${printable(file)}: the plan ${what}, so there is nothing to shrink`);
    }
    const output = options.output ?? smallName(file);
    writeRepro(output, reproOfShrunk(shrunk));
    terminal.out(
      options.json
        ? [JSON.stringify(jsonOf(shrunk, output, scenario), null, 2)]
        : resultLines(shrunk, { output, noun: nounOf(scenario) }, options, terminal),
    );
    return shrunk.shrinkTrace.end === "interrupted" ? INTERRUPTED : HELD;
  });
}

/** What operations of a scenario are called. */
const nounOf = ({ system }: Scenario): string => system.noun ?? "operation";

function resultLines(
  { plan, violation, shrinkTrace, passing }: Shrunk,
  { output, noun }: { readonly output: string; readonly noun: string },
  { quiet }: ShrinkOptions,
  terminal: Terminal,
): string[] {
  const { columns, color } = style(terminal.columns, terminal.outColors);
  const command = `${invocation()} replay ${quoted(output)}`;
  if (quiet) return [command];
  return [
    ...outdented(`✗ ${violation.property} ${violation.message}`, columns).map((line) => color.red(line)),
    ...hanging("  ", shrinkTraceLine(shrinkTrace, noun), columns),
    ...shrinkTrace.steps.map((step) => color.dim(`    ${stepText(step, noun)}`)),
    ...plan.faults.flatMap((fault) => hanging("  ", faultLine(fault), columns)),
    ...(passing === undefined ? [] : hanging("  ", passesText(changesText(plan, passing, noun)), columns)),
    `  ${command}`,
  ];
}

function stepText({ what, faults, operations, hosts, runs }: ShrinkStep, noun: string): string {
  const size = [count(faults, "fault"), count(operations, noun), count(hosts, "host")].join(", ");
  return `run ${runs}: ${size} (${what})`;
}

function jsonOf(
  { plan, violation, result, shrinkTrace, passing }: Shrunk,
  output: string,
  scenario: Scenario,
) {
  const { property, message } = violation;
  return {
    file: output,
    scenario: plan.scenario,
    property,
    message,
    traceHash: result.traceHash,
    shrinkTrace,
    ...(passing === undefined
      ? {}
      : { nearestPassing: { changes: changesText(plan, passing, nounOf(scenario)) } }),
  };
}

function smallName(file: string): string {
  return file.endsWith(".json") ? `${file.slice(0, -5)}.small.json` : `${file}.small.json`;
}
