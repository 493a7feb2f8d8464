/**
 * `seedstorm judge FILE`: the history of a drill, judged again and reported. What `drill` says of a history, it says through
 * this.
 */

import { hasFailed } from "../src/explore/index.js";
import type { Outcome } from "../src/index.js";
import { InputError, printable, shown } from "../src/input/index.js";
import { asScenario, type DrillHistory, judge, readHistory } from "../src/live/index.js";
import { type DrillReport, drillClosingLines, drillLines, runJson, style } from "../src/report/index.js";
import { allDrills } from "./drills.js";
import { type ExitCode, HELD, VIOLATED } from "./exit-codes.js";
import { invocation, quoted } from "./invocation.js";
import type { Terminal } from "./terminal.js";

export interface JudgeOptions {
  readonly json: boolean;
  readonly full: boolean;
  readonly quiet: boolean;
}

export interface Judged {
  readonly outcome: Outcome;
  readonly report: DrillReport;
  readonly failed: boolean;
}

export async function judgeFile(file: string, options: JudgeOptions, terminal: Terminal): Promise<ExitCode> {
  const history = readHistory(file, await allDrills());
  const judged = await judgedHistory(history, file, options.full);
  terminal.out(judgedLines(judged, history, options, terminal));
  return judged.failed ? VIOLATED : HELD;
}

/** @param file where the history is kept. */
export async function judgedHistory(history: DrillHistory, file: string, full: boolean): Promise<Judged> {
  const { header } = history;
  const drill = (await allDrills()).find(({ id }) => id === header.drill);
  if (drill === undefined)
    throw new InputError(`${printable(file)}: line 1: there is no drill ${printable(header.drill)}`);
  const backend = drill.backends.find(({ id }) => id === header.backend);
  if (backend === undefined) {
    const problem = `drill ${printable(header.drill)} has no backend ${shown(header.backend)}`;
    throw new InputError(`${printable(file)}: line 1: ${problem}`);
  }
  const outcome = judge(history, drill.system, backend);
  const scenario = asScenario(
    drill,
    backend.weaknesses.map(({ property }) => property),
  );
  const { version, sync } = header.server;
  const report: DrillReport = {
    outcome,
    scenario,
    engine: `nats-server ${version}, sync_interval ${sync}, backend ${header.backend}`,
    struck: header.struck,
    healing: header.healing,
    notes: [...header.notes, workText(outcome)],
    interrupted: header.ending.how === "interrupted" || header.ending.how === "stopped",
    history: file,
    again: `${invocation()} judge ${quoted(file)}`,
    full,
  };
  return { outcome, report, failed: hasFailed(outcome, scenario) };
}

export function judgedLines(
  { outcome, report, failed }: Judged,
  { header }: DrillHistory,
  { json, quiet }: JudgeOptions,
  terminal: Terminal,
): readonly string[] {
  if (json) {
    const { virtualTimeMs, wallTimeMs: _, traceHash, ...run } = runJson(outcome, 0);
    const { backend, server, struck, healing, notes, ending } = header;
    const drill = { ...run, timeMs: virtualTimeMs, historyHash: traceHash, backend, server, struck };
    const healingMs = healing === null ? null : healing / 1000;
    return [
      JSON.stringify(
        { ...drill, healingMs, notes, ending, work: work(outcome), history: report.history },
        null,
        2,
      ),
    ];
  }
  const view = style(terminal.columns, terminal.outColors);
  if (!quiet) return drillLines(report, view);
  return failed ? drillClosingLines(report, view) : [];
}

/** What systems call it when they take an order. */
const TAKEN: ReadonlySet<string> = new Set(["accept", "place"]);

/** How much was asked for and done: a drill in which little happened proves little. */
function work({ history }: Outcome) {
  const accepted = new Set<string>();
  let applied = 0;
  for (const event of history) {
    if (event.kind === "client" && event.phase === "ok" && TAKEN.has(event.operation))
      accepted.add(event.key);
    else if (event.kind === "external" && event.phase === "applied") applied += 1;
  }
  return { accepted: accepted.size, applied };
}

function workText(outcome: Outcome): string {
  const { accepted, applied } = work(outcome);
  return `${accepted} orders were accepted, and services outside did ${applied} things`;
}
