/** HTML pages: of a run, which is run again with a recorder on its network, and of a campaign from what is known of it. */

import { versions } from "../../explore/formats/versions.js";
import { hasFailed } from "../../explore/runs/judgement.js";
import type { Plan } from "../../sim/plan.js";
import { runOn } from "../../storm/run.js";
import type { Outcome, Scenario } from "../../storm/scenario.js";
import type { CampaignReport } from "../campaign.js";
import { PacketRecorder } from "../recorder.js";
import { campaignHtml } from "./campaign-page.js";
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
}

export interface MadePage {
  readonly html: string;
  readonly failed: boolean;
}

/** Runs the plan with a recorder and tells it. */
export async function runPage({ plan, scenario, command, notes, limit }: RunPageRequest): Promise<MadePage> {
  const recorder = new PacketRecorder();
  const outcome = await runOn(scenario.system, plan, { prepare: (world) => recorder.attach(world) });
  const report = {
    outcome,
    scenario,
    packets: recorder.log(),
    command,
    notes: notes(outcome),
    versions: versions(),
    ...(limit === undefined ? {} : { limit }),
  };
  return { html: runHtml(report, builtClient()), failed: hasFailed(outcome, scenario) };
}

/** The page of a drill that is over: nobody saw its messages, and its history is all that there is of it. */
export function drillPage(outcome: Outcome, request: Omit<RunPageRequest, "plan">): string {
  const { scenario, command, notes, limit } = request;
  const report = {
    ...{ outcome, scenario, command, notes: notes(outcome), versions: versions(), real: true },
    packets: { machines: [], packets: [], unrecorded: new Map<string, number>() },
    ...(limit === undefined ? {} : { limit }),
  };
  return runHtml(report, builtClient());
}

/** @param again what is to be typed to make the campaign again. */
export function campaignPage(report: CampaignReport, again: string): string {
  return campaignHtml({ report, again }, builtClient());
}
