/**
 * `seedstorm sweep SCENARIO`: a crash at every durable write and every external call of every host, just before it and
 * just after it, one run each. Exhaustive for the seed's healthy run.
 */

import { join } from "node:path";
import {
  reproOf,
  type SweepFailure,
  SweepNotHealthy,
  type SweepResult,
  sweep as sweepPoints,
  writeRepro,
} from "../src/explore/index.js";
import type { Plan } from "../src/index.js";
import { InputError, shown, suggestion } from "../src/input/index.js";
import { count, grouped, hanging, moment, outdented, style } from "../src/report/index.js";
import { deliver } from "./execute-run.js";
import { type ExitCode, HARNESS_FAILED, HELD, INTERRUPTED, VIOLATED } from "./exit-codes.js";
import { invocation, quoted } from "./invocation.js";
import { checkDefects, type Simulator, scenarioNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";
import { withThreads } from "./threads.js";

export interface SweepOptions {
  readonly seed: number;
  readonly jobs: number | undefined;
  readonly defects: readonly string[];
  readonly knobs: Plan["knobs"];
  /** Hosts to crash; all when there are none. */
  readonly hosts: readonly string[];
  readonly json: boolean;
  readonly quiet: boolean;
  readonly output: string | undefined;
  /** The folder for repro files. */
  readonly reports: string;
}

/** How many failures of one property are shown; all of them are in the JSON. */
const SHOWN_FAILURES = 3;

export async function sweep(
  scenarioId: string,
  options: SweepOptions,
  simulator: Simulator,
  terminal: Terminal,
): Promise<ExitCode> {
  const scenario = scenarioNamed(scenarioId, simulator.scenarios);
  const { seed, knobs, jobs } = options;
  const defects = checkDefects(options.defects, scenario);
  const hosts = checkHosts(options.hosts, scenario.plan(seed, { defects, knobs }));
  const signal = terminal.interruption();
  return withThreads(jobs, simulator, terminal, async (threads) => {
    const onProgress = (done: number, total: number, failed: number): void =>
      terminal.progress(`${grouped(done)}/${grouped(total)} crashes · ${failed} failed`);
    const result = await sweepPoints(scenario, {
      runner: threads(),
      seed,
      defects,
      knobs,
      signal,
      onProgress,
      ...(hosts.length === 0 ? {} : { hosts }),
    }).catch(notHealthy);
    terminal.progress("");
    const lines = options.json
      ? [JSON.stringify(jsonOf(result), null, 2)]
      : resultLines(result, options, terminal);
    return deliver(lines, options.output, codeOf(result), terminal);
  });
}

/** A seed whose run fails without a crash is the wrong input. */
function notHealthy(error: unknown): never {
  throw error instanceof SweepNotHealthy ? new InputError(error.message) : error;
}

/** @throws InputError when the plan has no such host. */
function checkHosts(hosts: readonly string[], { topology }: Plan): readonly string[] {
  const known = topology.map(({ id }) => id);
  for (const host of hosts) {
    if (!known.includes(host)) {
      throw new InputError(`--host: no host ${shown(host)}${suggestion(host, known, "hosts")}`);
    }
  }
  return hosts;
}

function codeOf({ complete, failures, missed }: SweepResult): ExitCode {
  if (!complete) return INTERRUPTED;
  if (failures.length > 0) return VIOLATED;
  return missed.length > 0 ? HARNESS_FAILED : HELD;
}

function resultLines(result: SweepResult, options: SweepOptions, terminal: Terminal): string[] {
  const { columns, color } = style(terminal.columns, options.output === undefined ? terminal.outColors : 0);
  const { points, runs, failures, missed, outOfReach, hosts, complete } = result;
  const lines: string[] = [];
  if (!options.quiet) {
    const byHost = hosts.map((one) => `${one.host} ${grouped(one.points)}`).join(", ");
    lines.push(...hanging(`${color.bold("Crash points")}  `, byHost, columns));
  }
  for (const [property, group] of byProperty(failures)) {
    for (const failure of group.slice(0, SHOWN_FAILURES)) {
      const { host, point, side, at, violation } = failure;
      const where = `crash ${side} #${point} of ${host} (${moment(at)}): ${property} ${violation.message}`;
      lines.push(...outdented(`✗ ${where}`, columns).map((line) => color.red(line)));
      const file = writtenDown(failure, result, options.reports, terminal);
      if (file !== undefined) lines.push(`  ${invocation()} replay ${quoted(file)}`);
    }
    const more = group.length - SHOWN_FAILURES;
    if (more > 0) lines.push(`  and ${grouped(more)} more by which ${property} is violated; --json has them`);
  }
  if (missed.length > 0) {
    lines.push(
      color.red(`${count(missed.length, "crash point")} could not be reached again: not exhaustive`),
    );
  }
  const but = outOfReach.length === 0 ? "" : ` but for ${grouped(outOfReach.length)} at the end of the run`;
  const all = `${count(points, "crash point")}, before and after${but}`;
  if (!complete) lines.push(`interrupted after ${grouped(runs)} of ${grouped(points * 2)} crashes`);
  else if (failures.length > 0)
    lines.push(`${all}: ${color.red.bold(`${grouped(failures.length)} of ${grouped(runs)} crashes failed`)}`);
  else if (missed.length === 0 && !options.quiet) lines.push(`${all}: ${color.green.bold("all held")}`);
  return lines;
}

function byProperty(failures: readonly SweepFailure[]): Map<string, SweepFailure[]> {
  const groups = new Map<string, SweepFailure[]>();
  for (const failure of failures) {
    const { property } = failure.violation;
    groups.set(property, [...(groups.get(property) ?? []), failure]);
  }
  return groups;
}

function writtenDown(
  { plan, result, violation, host, point, side }: SweepFailure,
  { scenario, seed }: SweepResult,
  reports: string,
  terminal: Terminal,
): string | undefined {
  const name = `${scenario}-${violation.property}-seed-${seed}-${side}-${point}-of-${host}.json`;
  const file = join(reports, "repros", name);
  try {
    writeRepro(file, reproOf(plan, result, violation));
    return file;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    terminal.err([`${error.message}; the same sweep finds it again`]);
    return undefined;
  }
}

function jsonOf({
  scenario,
  seed,
  points,
  runs,
  hosts,
  failures,
  missed,
  outOfReach,
  complete,
}: SweepResult) {
  return {
    scenario,
    seed,
    points,
    runs,
    complete,
    hosts,
    failures: failures.map(({ host, point, side, at, violation: { property, message } }) => ({
      host,
      point,
      side,
      atMs: at / 1000,
      property,
      message,
    })),
    missed: missed.map(({ host, point, side, at }) => ({ host, point, side, atMs: at / 1000 })),
    outOfReach: outOfReach.map(({ host, point, side, at }) => ({ host, point, side, atMs: at / 1000 })),
  };
}
