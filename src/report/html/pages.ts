/** HTML pages: of a run, which is run again with recorders on its network and its disks, and of a campaign, whose failures are. */

import type { Branching } from "../../explore/branch.js";
import { versions } from "../../explore/formats/versions.js";
import { hasFailed } from "../../explore/runs/judgement.js";
import type { Plan } from "../../sim/plan.js";
import type { Outcome, Scenario } from "../../storm/scenario.js";
import type { CampaignReport } from "../campaign.js";
import { recordedRun, unrecorded } from "../recorded-run.js";
import { campaignHtml } from "./campaign-page.js";
import { drawnCases } from "./case-diagrams.js";
import { builtClient } from "./page.js";
import { runHtml } from "./run-page.js";

export interface RunPageRequest {
  readonly plan: Plan;
  readonly scenario: Scenario;
  /** What to type to run it again. */
  readonly command: string;
  /** Sentences to show, given what the run came to. */
  readonly notes: (outcome: Outcome) => readonly string[];
  /** Facts and messages that the diagram draws. */
  readonly limit?: number;
  /** The nearest plan that passes, to stand under it. */
  readonly passing?: Plan;
  /** When its failure became inevitable. */
  readonly branching?: Branching;
}

export interface MadePage {
  readonly html: string;
  readonly failed: boolean;
}

/** Runs the plan with recorders and tells it. A plan that was to pass and does not is left out. */
export async function runPage(request: RunPageRequest): Promise<MadePage> {
  const { plan, scenario, command, notes, limit, branching } = request;
  const run = await recordedRun(plan, scenario);
  const failed = hasFailed(run.outcome, scenario);
  const passing =
    request.passing === undefined || !failed ? undefined : await recordedRun(request.passing, scenario);
  const report = {
    ...run,
    scenario,
    command,
    notes: notes(run.outcome),
    versions: versions(),
    ...(limit === undefined ? {} : { limit }),
    ...(passing === undefined || hasFailed(passing.outcome, scenario) ? {} : { passing }),
    ...(branching === undefined ? {} : { branching }),
  };
  return { html: runHtml(report, builtClient()), failed };
}

/** The page of a drill that is over: nobody saw its messages, and its history is all that there is of it. */
export function drillPage(
  outcome: Outcome,
  request: Pick<RunPageRequest, "scenario" | "command" | "notes" | "limit">,
): string {
  const { scenario, command, notes, limit } = request;
  const report = {
    ...{ ...unrecorded(outcome), scenario, command, notes: notes(outcome), versions: versions(), real: true },
    ...(limit === undefined ? {} : { limit }),
  };
  return runHtml(report, builtClient());
}

/** Runs each failure again for its diagram. @param again what is to be typed to make the campaign again. */
export async function campaignPage(report: CampaignReport, again: string): Promise<string> {
  return campaignHtml({ report, again, drawn: await drawnCases(report) }, builtClient());
}
