/** A campaign's report in the shape that was asked for; what `check` and `merge` have in common. */
import type { CampaignSettings } from "../src/explore/settings.js";
import { type CampaignTelling, verdictOf } from "../src/report/campaign.js";
import { campaignJson } from "../src/report/campaign-json.js";
import { githubLines, junitLines } from "../src/report/ci.js";
import { look } from "../src/report/look.js";
import { campaignLines, problemLines } from "../src/report/table.js";
import type { Scenario } from "../src/scenarios/scenario.js";
import { quoted } from "./perform.js";
import type { ReportOptions } from "./reporters.js";
import { commandFor } from "./run.js";
import { scenarioNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";

/** What is to be typed to see a case as a story. */
export function commandOf(
  settings: CampaignSettings,
  scenarios: readonly Scenario[],
): CampaignTelling["command"] {
  return ({ finding, file }) => {
    const twice = finding.kind === "diverged" ? " --verify" : "";
    if (file !== undefined) return `npx seedstorm replay ${quoted(file)}${twice}`;
    const scenario = scenarioNamed(finding.scenario, scenarios);
    return commandFor(scenario, finding.seed, settings.defects, { knobs: settings.knobs }) + twice;
  };
}

export function linesOf(facts: CampaignTelling, options: ReportOptions, terminal: Terminal): string[] {
  const view = look(terminal.columns, options.output === undefined ? terminal.outColors : 0);
  switch (options.reporter) {
    case "json":
      return [JSON.stringify(campaignJson(facts), null, 2)];
    case "junit":
      return junitLines(facts);
    case "github":
      return githubLines(facts);
    case "text":
      if (!options.quiet) return campaignLines(facts, view);
      return verdictOf(facts) === "held" ? [] : problemLines(facts, view);
  }
}
