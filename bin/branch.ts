/**
 * `seedstorm branch FILE`: when a failure became inevitable. The universe is branched off at a series of moments into
 * many futures each, and the share of them that fails is drawn over time.
 */
import { type Branching, type BranchPoint, branch as branchOff, readRepro } from "../src/explore/index.js";
import type { Plan, Scenario } from "../src/index.js";
import { InputError, printable } from "../src/input/index.js";
import { branchLines, moment, runPage, style } from "../src/report/index.js";
import { deliver } from "./execute-run.js";
import { type ExitCode, HELD, INTERRUPTED } from "./exit-codes.js";
import { invocation, quoted } from "./invocation.js";
import { type Simulator, scenarioNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";
import { withThreads } from "./threads.js";

export interface BranchOptions {
  /** Of each moment. */
  readonly futures: number;
  /** Moments. */
  readonly points: number;
  readonly jobs: number | undefined;
  readonly json: boolean;
  /** Prints a page instead. */
  readonly html: boolean;
  readonly output: string | undefined;
}

export async function branch(
  file: string,
  options: BranchOptions,
  simulator: Simulator,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.json && options.html) throw new InputError("--json and --html: expected only one of them");
  const repro = readRepro(file, simulator.scenarios);
  const { plan } = repro;
  const scenario = scenarioNamed(plan.scenario, simulator.scenarios);
  const signal = terminal.interruption();
  return withThreads(options.jobs, simulator, terminal, async (threads) => {
    const { futures, points } = options;
    const found = await branchOff(repro, scenario, {
      runner: threads(),
      futures,
      points,
      signal,
      onPoint: ({ at, failed }: BranchPoint) =>
        terminal.progress(`branched at ${moment(at)}: ${failed} of ${futures} fail`),
    });
    terminal.progress("");
    if (found === undefined) {
      const { expected } = repro;
      const what = expected === undefined ? "does not fail" : `does not violate ${expected.property}`;
      throw new InputError(`${printable(file)}: the plan ${what}, so there is no moment to look for`);
    }
    const view = style(terminal.columns, options.output === undefined ? terminal.outColors : 0);
    const linesOf = async (): Promise<string[]> => {
      if (options.json) return [JSON.stringify(jsonOf(found), null, 2)];
      if (options.html) return [(await pageOf(found, plan, scenario, file)).trimEnd()];
      return branchLines(found, (await simulator.run(plan)).history, view);
    };
    return deliver(await linesOf(), options.output, found.complete ? HELD : INTERRUPTED, terminal);
  });
}

/** The run's page, with the moment marked in its diagram, and the future that went well the longest beside it. */
async function pageOf(branching: Branching, plan: Plan, scenario: Scenario, file: string): Promise<string> {
  const { passing } = branching;
  const { html } = await runPage({
    plan,
    scenario,
    command: `${invocation()} replay ${quoted(file)}`,
    notes: () => [],
    branching,
    ...(passing === undefined ? {} : { passing }),
  });
  return html;
}

function jsonOf({ property, violation, points, inevitable, complete }: Branching) {
  return {
    property,
    message: violation.message,
    violatedAtMs: violation.at / 1000,
    points: points.map(({ at, futures, failed }) => ({
      atMs: at / 1000,
      futures,
      failed,
      share: failed / futures,
    })),
    inevitable: { afterMs: inevitable.after / 1000, byMs: inevitable.by / 1000 },
    complete,
  };
}
