/**
 * `seedstorm/report`: what people read, as strings. The story of a run, the table of a campaign, and pages of HTML that need no
 * network.
 */
import type { Case } from "../explore/campaign/cases.js";
import type { Checked } from "../explore/library.js";
import type { Plan } from "../sim/plan.js";
import type { Outcome, Scenario } from "../storm/scenario.js";
import { campaignReport } from "./campaign.js";
import { campaignPage, runPage } from "./html/pages.js";
import { sliceLines } from "./slice-story.js";
import { type RunReport, storyLines } from "./story.js";
import { campaignLines } from "./table.js";
import { style } from "./text-style.js";
import type { Recording } from "./trail.js";

export interface TextOptions {
  /** Columns that a line may take. Default 96. */
  readonly columns?: number;
  /** Colours of a terminal: none, 16, 256 or all of them. Default 0. */
  readonly colors?: 0 | 1 | 2 | 3;
  /** What is to be typed to have it again. Default: the command for the seed, as Seedstorm's own scenarios have it. */
  readonly command?: string;
  /** The nearest run that passes, to stand beside one that fails: of `shrink`'s `passing`, or of a repro's. */
  readonly passing?: Outcome;
  /** Of `recordingOf`: with it the trail of what never happened has messages and timers. */
  readonly recording?: Recording;
}

const COLUMNS = 96;

/** A run as a story: the universe, its storm, what happened, and the verdict. */
export function story(outcome: Outcome, scenario: Scenario, options: TextOptions = {}): string {
  return text(storyLines(runReport(outcome, scenario, options), styleOf(options)));
}

/** What led to the failure of a run, and nothing else; the whole story when it held. */
export function failureStory(outcome: Outcome, scenario: Scenario, options: TextOptions = {}): string {
  if (outcome.violations.length === 0) return story(outcome, scenario, options);
  return text(sliceLines(runReport(outcome, scenario, options), styleOf(options)));
}

/** What a campaign came to: a table, and each kind of failure with the smallest plan that shows it. */
export function campaignText(
  checked: Checked,
  scenarios: readonly Scenario[],
  options: Omit<TextOptions, "command" | "passing" | "recording"> = {},
): string {
  return text(campaignLines(reportOf(checked, scenarios), styleOf(options)));
}

/** The page of one run, with a space-time diagram. The plan is run for it. */
export async function runHtml(plan: Plan, scenario: Scenario, command = commandFor(plan)): Promise<string> {
  return (await runPage({ plan, scenario, command, notes: () => [] })).html;
}

/** The page of a campaign, for which the plans of its failures are run again. @param command what is to be typed to make it again. */
export async function campaignHtml(
  checked: Checked,
  scenarios: readonly Scenario[],
  command: string,
): Promise<string> {
  return campaignPage(reportOf(checked, scenarios), command);
}

function reportOf({ result, cases }: Checked, scenarios: readonly Scenario[]) {
  const { defects, knobs, strategy } = result.settings;
  // Not the plan's seed: a plan that was shrunk may have another one.
  const command = ({ finding }: Case) =>
    [
      commandFor(finding),
      ...defects.map((defect) => `--defect ${defect}`),
      ...Object.entries(knobs).map(([name, value]) => `--knob ${name}=${value}`),
      ...(strategy === undefined ? [] : [`--strategy ${strategy}`]),
    ].join(" ");
  return campaignReport({ result, scenarios, cases, corpus: [], interrupted: !result.complete, command });
}

function runReport(
  outcome: Outcome,
  scenario: Scenario,
  { command, passing, recording }: TextOptions,
): RunReport {
  return {
    outcome,
    scenario,
    command: command ?? commandFor(outcome.plan),
    full: false,
    notes: [],
    verified: false,
    wallTimeMs: undefined,
    ...(passing === undefined ? {} : { passing }),
    ...(recording === undefined ? {} : { recording }),
  };
}

const styleOf = ({ columns = COLUMNS, colors = 0 }: TextOptions) => style(columns, colors);

const commandFor = ({ scenario, seed }: Pick<Plan, "scenario" | "seed">): string =>
  `npx seedstorm run ${scenario} --seed ${seed}`;

const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;

export { branchLines } from "./branch-lines.js";
export { type CampaignReport, campaignReport, nameOf, verdictOf } from "./campaign.js";
export { campaignJson } from "./campaign-json.js";
export { type Catalogue, catalogueOf } from "./catalogue.js";
export { catalogueLines, scenarioLines } from "./catalogue-text.js";
export { githubLines, junitLines } from "./ci.js";
export { type DrillReport, drillClosingLines, drillLines } from "./drill.js";
export { faultLine } from "./fault-text.js";
export { type DrawnObject, historyHtml } from "./html/history-page.js";
export { killTableHtml } from "./html/kill-table-page.js";
export { builtClient, type Client } from "./html/page.js";
export { campaignPage, drillPage, runPage } from "./html/pages.js";
export { transactionsHtml } from "./html/transactions-page.js";
export { comparisonJson, runJson } from "./json.js";
export {
  closing as killTableClosing,
  defectLine,
  type KillReport,
  killLines,
  problems as killTableProblems,
} from "./kill-table.js";
export { killTableJson } from "./kill-table-json.js";
export { withKillTable } from "./kill-table-markdown.js";
export { measurementLines } from "./measurements.js";
export { type Comparison, changesText, compareRuns, type FirstDifference, passesText } from "./nearest.js";
export { recordingOf } from "./recorded-run.js";
export { sliceLines } from "./slice-story.js";
export { closingLines, storyLines } from "./story.js";
export { campaignLines, problemLines } from "./table.js";
export { cut, hanging, outdented, style } from "./text-style.js";
export type { Recording } from "./trail.js";
export { count, grouped, moment } from "./words.js";
