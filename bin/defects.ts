/**
 * `seedstorm defects [ID…]`: the kill table. Each defect is planted in turn, and it is counted how many universes it takes
 * until a property that must catch it does. A defect that some block did not catch within the budget fails the command,
 * and so does an alarm of the control, which has no defect at all.
 */

import { existsSync } from "node:fs";
import {
  type ControlResult,
  groundsOf,
  type KillProgress,
  type KillSettings,
  type Planting,
  plantAll,
  runControl,
} from "../src/explore/index.js";
import type { Scenario, Strategy, System } from "../src/index.js";
import {
  InputError,
  listed,
  printable,
  readText,
  SEEDS_OF_A_BLOCK,
  shown,
  suggestion,
} from "../src/input/index.js";
import {
  builtClient,
  type Client,
  killTableClosing as closing,
  count,
  cut,
  defectLine,
  grouped,
  type KillReport,
  killLines,
  killTableHtml,
  killTableJson,
  killTableProblems as problems,
  style,
  withKillTable,
} from "../src/report/index.js";
import { checkStrategy } from "./check-strategy.js";
import { deliver } from "./execute-run.js";
import { type ExitCode, HARNESS_FAILED, HELD, INTERRUPTED, VIOLATED } from "./exit-codes.js";
import { invocation, quoted } from "./invocation.js";
import { type Simulator, scenariosNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";
import { withThreads } from "./threads.js";

export interface DefectsOptions extends Omit<KillSettings, "strategy"> {
  /** Only this system's. */
  readonly system: string | undefined;
  /** Ids of the scenarios in which they are sought; all that promise to hold when there are none. */
  readonly scenarios: readonly string[];
  /** How storms are drawn; each scenario's own when left out. */
  readonly strategy: Strategy | undefined;
  /** Counts only what other properties catch than those that must. */
  readonly others: boolean;
  readonly jobs: number | undefined;
  /** Runs of each system without a defect; undefined for no control. */
  readonly control: number | undefined;
  readonly shrink: boolean;
  readonly format: "text" | "json" | "markdown" | "html";
  readonly output: string | undefined;
  /** A file with a budget for each defect, in place of the one for all. */
  readonly budgets: string | undefined;
  /** Where such a file is to be written. */
  readonly saveBudgets: string | undefined;
}

/** Enough for most plans to get as small as they can. */
const SHRINK_RUNS = 400;

export async function defects(
  ids: readonly string[],
  options: DefectsOptions,
  simulator: Simulator,
  terminal: Terminal,
): Promise<ExitCode> {
  const scopes = scenariosNamed(options.scenarios, simulator.scenarios);
  checkStrategy(options.strategy, scopes, simulator.scenarios);
  const found = plantingsFor(ids, options.system, scopes);
  const { notes } = found;
  const plantings = await withBudgets(found.plantings, options.budgets);
  const settings = settingsFrom(options);
  const document = options.format === "markdown" ? existing(options.output) : undefined;
  const client = options.format === "html" ? builtClient() : undefined; // before any work is done for it
  const signal = terminal.interruption();
  const started = terminal.now();
  return withThreads(options.jobs, simulator, terminal, async (threads) => {
    const pool = threads();
    const results = await plantAll(plantings, {
      pool,
      settings,
      signal,
      shrinkRuns: options.shrink ? SHRINK_RUNS : 0,
      onProgress: (progress) =>
        terminal.progress(cut(progressText(progress, settings), terminal.columns - 1)),
      onDefect: (result) => say(defectLine(result), terminal),
    });
    const controls = await controlsFor(plantings, options, { pool, settings, signal }, terminal);
    terminal.progress("");
    const interrupted =
      results.length < plantings.length ||
      [...results, ...controls].some((result) => result.interrupted) ||
      results.some(({ shrinkTrace }) => shrinkTrace?.end === "interrupted");
    const report: KillReport = {
      settings,
      results,
      controls,
      planned: plantings.length,
      interrupted,
      wallTimeMs: terminal.now() - started,
      notes,
      command: commandFor(ids, options),
    };
    const lines = linesOf(report, { document, client }, options, terminal);
    const instead =
      client === undefined ? lines : killLines(report, style(terminal.columns, terminal.outColors));
    const delivered = deliver(lines, options.output, codeOf(report), terminal, instead);
    if (options.output !== undefined) terminal.err([closing(report)]);
    const { saveBudgets } = options;
    return saveBudgets === undefined
      ? delivered
      : await keepBudgets(report, saveBudgets, delivered, terminal);
  });
}

function codeOf(report: KillReport): ExitCode {
  if (report.interrupted) return INTERRUPTED;
  const alarms = report.controls.flatMap((control) => control.alarms);
  if (alarms.some(({ kind }) => kind === "broken" || kind === "diverged")) return HARNESS_FAILED;
  return problems(report).length > 0 ? VIOLATED : HELD;
}

/** Defects with these ids, in the order of the catalogue; all of them when none is named. @throws InputError */
function plantingsFor(
  ids: readonly string[],
  systemId: string | undefined,
  scenarios: readonly Scenario[],
): { readonly plantings: readonly Planting[]; readonly notes: readonly string[] } {
  const systems = systemsNamed(systemId, scenarios);
  const known = systems.flatMap((system) => system.defects.map(({ id }) => id));
  const of = systemId === undefined ? "no defect" : `system ${systemId} has no defect`;
  for (const id of ids) {
    if (!known.includes(id)) throw new InputError(`${of} ${shown(id)}${suggestion(id, known, "defects")}`);
  }
  const left: string[] = [];
  const plantings = systems.flatMap((system) => {
    const wanted = system.defects.filter(({ id }) => ids.length === 0 || ids.includes(id));
    for (const { id, caughtBy } of wanted) if (caughtBy.length === 0) left.push(id);
    const sought = wanted.filter(({ caughtBy }) => caughtBy.length > 0);
    if (sought.length === 0) return [];
    const scopes = groundsOf(system, scenarios);
    return sought.map((defect) => ({ system, defect, scenarios: scopes }));
  });
  const nobody = `no property is named that must catch ${listed(left)}`;
  if (plantings.length === 0)
    throw new InputError(left.length > 0 ? nobody : "there is no defect to be planted");
  return { plantings, notes: left.length > 0 ? [`${nobody}: left out`] : [] };
}

function systemsNamed(id: string | undefined, scenarios: readonly Scenario[]): readonly System[] {
  const systems = [...new Set(scenarios.map(({ system }) => system))];
  if (id === undefined) return systems;
  const named = systems.filter((system) => system.id === id);
  if (named.length > 0) return named;
  const names = systems.map((system) => system.id);
  throw new InputError(`--system: no system ${shown(id)}${suggestion(id, names, "systems")}`);
}

function settingsFrom({ blocks, budget, seed, strategy, others, saveBudgets }: DefectsOptions): KillSettings {
  if (others && saveBudgets !== undefined)
    throw new InputError(
      "--save-budgets: budgets are those of the properties that must catch: leave --others out",
    );
  if (seed > Number.MAX_SAFE_INTEGER - blocks * SEEDS_OF_A_BLOCK) {
    throw new InputError(
      `--seed: ${count(blocks, "block")} of ${grouped(SEEDS_OF_A_BLOCK)} seeds from ${seed} on go beyond ${Number.MAX_SAFE_INTEGER}`,
    );
  }
  return {
    blocks,
    budget,
    seed,
    ...(strategy === undefined ? {} : { strategy }),
    ...(others ? { others } : {}),
  };
}

/** The plantings with the budgets of a file. @throws InputError when it has none for one of them */
async function withBudgets(
  plantings: readonly Planting[],
  path: string | undefined,
): Promise<readonly Planting[]> {
  if (path === undefined) return plantings;
  const { readBudgets } = await import("../src/explore/index.js");
  const budgets = readBudgets(path);
  return plantings.map((planting) => {
    const budget = budgets.get(planting.defect.id);
    if (budget === undefined) throw new InputError(`${printable(path)}: no budget for ${planting.defect.id}`);
    return { ...planting, budget };
  });
}

/** A table that is not whole has no budgets for some, or too small ones: it is not written down. */
async function keepBudgets(
  report: KillReport,
  path: string,
  code: ExitCode,
  terminal: Terminal,
): Promise<ExitCode> {
  if (report.interrupted || problems(report).length > 0) {
    terminal.err([
      "no budgets were written: they are those of a table in which every block caught its defect",
    ]);
    return code;
  }
  const { budgetText } = await import("../src/explore/index.js");
  return deliver([budgetText(report.results)], path, code, terminal);
}

/** The document that is to get a new table, when it is there. */
function existing(output: string | undefined): string | undefined {
  return output !== undefined && existsSync(output) ? readText(output) : undefined;
}

async function controlsFor(
  plantings: readonly Planting[],
  { control }: DefectsOptions,
  options: Parameters<typeof runControl>[2],
  terminal: Terminal,
): Promise<readonly ControlResult[]> {
  if (control === undefined) return [];
  const controls: ControlResult[] = [];
  const bySystem = new Map(plantings.map((planting) => [planting.system, planting]));
  for (const planting of bySystem.values()) {
    if (options.signal?.aborted === true) break;
    const onProgress = (done: number, failed: number): void =>
      terminal.progress(
        `control of ${planting.system.id} · ${grouped(done)}/${grouped(control)} runs · ${grouped(failed)} failed`,
      );
    controls.push(await runControl(planting, control, options, onProgress));
  }
  return controls;
}

function linesOf(
  report: KillReport,
  { document, client }: { readonly document: string | undefined; readonly client: Client | undefined },
  { format, output }: DefectsOptions,
  terminal: Terminal,
): string[] {
  switch (format) {
    case "json":
      return [JSON.stringify(killTableJson(report), null, 2)];
    case "markdown":
      return withKillTable(document, report);
    case "html":
      return client === undefined ? [] : [killTableHtml(report, client).trimEnd()];
    case "text":
      return killLines(report, style(terminal.columns, output === undefined ? terminal.outColors : 0));
  }
}

function progressText(
  { planting, index, of, blocksDone, runs, shrinking }: KillProgress,
  { blocks }: KillSettings,
): string {
  const doing = shrinking ? "shrinking" : `block ${Math.min(blocksDone + 1, blocks)}/${blocks}`;
  return `defect ${index}/${of} ${planting.defect.id} · ${doing} · ${count(runs, "run")}`;
}

/** What is to be typed to make the table again. */
function commandFor(ids: readonly string[], options: DefectsOptions): string {
  const { system, scenarios, strategy, others, blocks, budget, budgets } = options;
  const { seed, control, shrink, format, output } = options;
  return [
    `${invocation()} defects`,
    ...ids.map(quoted),
    ...(system === undefined ? [] : [`--system ${quoted(system)}`]),
    ...scenarios.map((id) => `--in ${quoted(id)}`),
    ...(strategy === undefined ? [] : [`--strategy ${strategy}`]),
    ...(others ? ["--others"] : []),
    `--blocks ${blocks} ${budgets === undefined ? `--budget ${budget}` : `--budgets ${quoted(budgets)}`} --seed ${seed}`,
    ...(control === undefined ? [] : [`--control ${control}`]),
    ...(shrink ? [] : ["--no-shrink"]),
    ...(format === "text" ? [] : [`--${format}`]),
    ...(output === undefined ? [] : [`--output ${quoted(output)}`]),
  ].join(" ");
}

function say(line: string, terminal: Terminal): void {
  terminal.progress("");
  terminal.err([line]);
}
