/**
 * `seedstorm report FILE`: a page for people, from a plan, from a repro file, from the history of a drill or from the result
 * of a campaign; with a campaign, repro files say how small its failures became. One file that needs no network.
 */

import { spawn } from "node:child_process";
import { basename, join } from "node:path";
import {
  type CampaignResult,
  type Case,
  compare,
  type Finding,
  parseRepro,
  parseResult,
  type Repro,
  readRepro,
  shrinkTraceLine,
  sortsOf,
} from "../src/explore/index.js";
import type { Scenario } from "../src/index.js";
import { InputError, inFile, printable, readText, writeWhole } from "../src/input/index.js";
import { isDrillHistory, parseHistory } from "../src/live/index.js";
import { campaignPage, campaignReport, drillPage, runPage } from "../src/report/index.js";
import { checkCommand, commandOf } from "./campaign-report.js";
import { allDrills } from "./drills.js";
import { type ExitCode, firstLine, HarnessError, HELD } from "./exit-codes.js";
import { invocation, quoted } from "./invocation.js";
import { judgedHistory } from "./judge.js";

import { type Simulator, scenarioNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";

export interface PageOptions {
  /** Where the page is written; in the folder for reports, named after the file, when left out. */
  readonly output: string | undefined;
  /** Shows the page in the browser. */
  readonly open: boolean;
  /** Facts and messages that the diagram of a run draws at most. */
  readonly limit: number | undefined;
  /** The folder that pages go to. */
  readonly reports: string;
}

/** @param show opens a file as the system does. */
export async function report(
  file: string,
  repros: readonly string[],
  options: PageOptions,
  simulator: Simulator,
  terminal: Terminal,
  show: (path: string) => void = openFile,
): Promise<ExitCode> {
  const html = await pageOf(file, repros, options, simulator);
  const path = options.output ?? join(options.reports, `${basename(file).replace(/\.jsonl?$/, "")}.html`);
  writeWhole(path, html);
  terminal.out([printable(path)]);
  if (options.open) show(path);
  return HELD;
}

async function pageOf(
  file: string,
  repros: readonly string[],
  options: PageOptions,
  simulator: Simulator,
): Promise<string> {
  const text = readText(file);
  const command = `${invocation()} report ${[file, ...repros].map(quoted).join(" ")}`;
  if (repros.length === 0 && isDrillHistory(text)) return historyPage(text, file, options);
  if (!isCampaign(text)) {
    if (repros.length > 0) {
      throw new InputError(
        `${printable(file)} is no campaign's result: it is reported alone, without further files`,
      );
    }
    const repro = inFile(file, () => parseRepro(text, simulator.scenarios));
    return guarded(command, () => reproPage(file, repro, options, simulator));
  }
  const result = inFile(file, () => parseResult(text));
  const small = repros.map((path) => ({ file: path, repro: readRepro(path, simulator.scenarios) }));
  return guarded(command, () => resultPage(result, small, simulator));
}

async function historyPage(text: string, file: string, { limit }: PageOptions): Promise<string> {
  const { outcome, report } = await judgedHistory(parseHistory(text, file, await allDrills()), file, false);
  return drillPage(outcome, {
    ...{ scenario: report.scenario, command: report.again },
    notes: () => [`A drill on ${report.engine}.`, ...report.struck, ...report.notes],
    ...(limit === undefined ? {} : { limit }),
  });
}

/** A result says what it is; whatever else is wrong with it is for its own reader to tell. */
function isCampaign(text: string): boolean {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === "object" && data !== null && "kind" in data && data.kind === "campaign";
  } catch {
    return false;
  }
}

async function reproPage(
  file: string,
  repro: Repro,
  { limit }: PageOptions,
  { scenarios }: Simulator,
): Promise<string> {
  const { plan, shrinkTrace, passing } = repro;
  const scenario = scenarioNamed(plan.scenario, scenarios);
  const { html } = await runPage({
    plan,
    scenario,
    command: `${invocation()} replay ${quoted(file)}`,
    notes: (outcome) => {
      const { sentence } = compare(repro, outcome);
      return [
        ...(sentence === "" ? [] : [sentence]),
        ...(shrinkTrace === undefined ? [] : [shrinkTraceLine(shrinkTrace, scenario.system.noun)]),
      ];
    },
    ...(limit === undefined ? {} : { limit }),
    ...(passing === undefined ? {} : { passing }),
  });
  return html;
}

interface NamedRepro {
  readonly file: string;
  readonly repro: Repro;
}

function resultPage(
  result: CampaignResult,
  repros: readonly NamedRepro[],
  simulator: Simulator,
): Promise<string> {
  const { settings } = result;
  const scenarios = settings.scenarios.map((id) => scenarioNamed(id, simulator.scenarios));
  const cases = sortsOf(result.summary).map(({ finding, runs }): Case => {
    const found = repros.find(({ repro }) => isOf(repro, finding));
    const plan = found?.repro.plan ?? planOf(finding, scenarios, result);
    return {
      finding,
      runs,
      plan,
      shrinkTrace: found?.repro.shrinkTrace,
      repro: found?.repro,
      file: found?.file,
    };
  });
  const facts = campaignReport({
    result,
    scenarios,
    cases,
    corpus: [],
    interrupted: false,
    command: commandOf(settings, scenarios),
  });
  return campaignPage(facts, checkCommand(result));
}

function planOf(finding: Finding, scenarios: readonly Scenario[], { settings }: CampaignResult) {
  const { defects, knobs } = settings;
  return scenarioNamed(finding.scenario, scenarios).plan(finding.seed, { defects, knobs });
}

/** Shrinking keeps the scenario and the property, or how the run failed to end. */
function isOf({ plan, expected }: Repro, { kind, property, scenario }: Finding): boolean {
  return plan.scenario === scenario && expected?.property === (property === "" ? kind : property);
}

async function guarded(command: string, make: () => Promise<string>): Promise<string> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new HarnessError(`the report could not be made: ${firstLine(error)}`, command, error);
  }
}

/** As a double click would. Where nothing can open it, the path has already been printed. */
function openFile(path: string): void {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", path]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", path]
        : ["xdg-open", path];
  const child = spawn(command ?? "xdg-open", args, { detached: true, stdio: "ignore" });
  child.on("error", () => undefined);
  child.unref();
}
