/** A campaign's report in the format that was asked for: what `check` and `merge` have in common. */

import { type CampaignResult, type CampaignSettings, DEFAULT_VERIFY_EVERY } from "../src/explore/index.js";
import type { Scenario } from "../src/index.js";
import {
  type CampaignReport,
  campaignJson,
  campaignLines,
  githubLines,
  junitLines,
  problemLines,
  style,
  verdictOf,
} from "../src/report/index.js";
import { deliver } from "./execute-run.js";
import { type ExitCode, HARNESS_FAILED, HELD, VIOLATED } from "./exit-codes.js";
import { invocation, quoted } from "./invocation.js";
import type { ReportOptions } from "./reporters.js";
import { commandFor } from "./run.js";
import { scenarioNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";

/** What is to be typed to see a case as a story. */
export function commandOf(
  settings: CampaignSettings,
  scenarios: readonly Scenario[],
): CampaignReport["command"] {
  return ({ finding, file }) => {
    const twice = finding.kind === "diverged" ? " --verify" : "";
    if (file !== undefined) return `${invocation()} replay ${quoted(file)}${twice}`;
    const scenario = scenarioNamed(finding.scenario, scenarios);
    return commandFor(scenario, finding.seed, settings.defects, settings) + twice;
  };
}

/** What is to be typed to make a campaign like this again. */
export function checkCommand({ settings, shard, done }: CampaignResult): string {
  const { scenarios, seed, runs, defects, knobs, strategy, verifyEvery } = settings;
  return [
    `${invocation()} check`,
    ...scenarios,
    `--runs ${runs ?? done}`,
    `--seed ${seed}`,
    ...(shard.of > 1 ? [`--shard ${shard.index}/${shard.of}`] : []),
    ...(strategy === undefined ? [] : [`--strategy ${strategy}`]),
    ...verifyOption(verifyEvery),
    ...defects.map((defect) => `--defect ${quoted(defect)}`),
    ...Object.entries(knobs).map(([name, value]) => `--knob ${quoted(`${name}=${value}`)}`),
  ].join(" ");
}

function verifyOption(every: number): string[] {
  if (every === DEFAULT_VERIFY_EVERY) return [];
  return [every === 0 ? "--no-verify" : `--verify-every ${every}`];
}

export function codeOf(facts: CampaignReport): ExitCode {
  switch (verdictOf(facts)) {
    case "held":
      return HELD;
    case "violated":
      return VIOLATED;
    case "harness":
      return HARNESS_FAILED;
  }
}

/** Reports the campaign where it is asked for; a page that finds no room is printed as text instead. */
export async function deliverReport(
  facts: CampaignReport,
  options: ReportOptions,
  code: ExitCode,
  terminal: Terminal,
): Promise<ExitCode> {
  const lines = await linesOf(facts, options, terminal);
  const instead =
    options.reporter === "html"
      ? await linesOf(facts, { ...options, reporter: "text", output: undefined }, terminal)
      : lines;
  return deliver(lines, options.output, code, terminal, instead);
}

async function linesOf(facts: CampaignReport, options: ReportOptions, terminal: Terminal): Promise<string[]> {
  const view = style(terminal.columns, options.output === undefined ? terminal.outColors : 0);
  switch (options.reporter) {
    case "json":
      return [JSON.stringify(campaignJson(facts), null, 2)];
    case "junit":
      return junitLines(facts);
    case "github":
      return githubLines(facts);
    case "html": {
      const { campaignPage } = await import("../src/report/index.js");
      return [(await campaignPage(facts, checkCommand(facts.result))).trimEnd()];
    }
    case "text":
      if (!options.quiet) return campaignLines(facts, view);
      return verdictOf(facts) === "held" ? [] : problemLines(facts, view);
  }
}
