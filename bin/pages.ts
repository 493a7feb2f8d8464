/**
 * HTML pages of runs and campaigns, made from what is known and from runs that are run again for them: a plan with a
 * recorder on its network, a few universes of a campaign for their latencies.
 */
import { hasFailed } from "../src/explore/judgement.js";
import { runAt } from "../src/explore/settings.js";
import { versions } from "../src/explore/versions.js";
import type { CampaignTelling } from "../src/report/campaign.js";
import { campaignHtml } from "../src/report/html/campaign-page.js";
import { builtClient } from "../src/report/html/page.js";
import { runHtml } from "../src/report/html/run-page.js";
import { LatencyTally } from "../src/report/latency.js";
import { PacketRecorder } from "../src/report/recorder.js";
import { runOn } from "../src/scenarios/run.js";
import type { Outcome, Scenario } from "../src/scenarios/scenario.js";
import type { Plan } from "../src/sim/plan.js";

/** Universes of each scenario whose latencies are shown. */
const SAMPLED_RUNS = 24;
/** Real milliseconds after which no more are sampled. */
const SAMPLING_MS = 15_000;

export interface RunPageRequest {
  readonly plan: Plan;
  readonly scenario: Scenario;
  /** What is to be typed to run it again. */
  readonly command: string;
  /** Sentences to be told, given what the run came to. */
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

/**
 * @param again what is to be typed to make the campaign again.
 * @param now milliseconds of real time since some point.
 */
export async function campaignPage(
  telling: CampaignTelling,
  again: string,
  now: () => number,
): Promise<string> {
  const client = builtClient(); // before any work is done for it
  // Who pressed Ctrl-C waits for nothing more.
  const latency = telling.interrupted ? [] : await sampledLatency(telling, now);
  return campaignHtml({ telling, latency, again }, client);
}

type Latency = { readonly scenario: string; readonly chart: ReturnType<LatencyTally["chart"]> }[];

/** Latencies of the first universes of each scenario; of scenarios without any clients there are none. */
async function sampledLatency({ result, scenarios }: CampaignTelling, now: () => number): Promise<Latency> {
  const { settings, shard, done } = result;
  const { defects, knobs, eventBudget } = settings;
  const end = now() + SAMPLING_MS;
  const tallies = new Map(
    scenarios.map((scenario) => [scenario.id, { scenario, tally: new LatencyTally() }]),
  );
  const sampled = Math.min(done, SAMPLED_RUNS * settings.scenarios.length);
  for (let position = 0; position < sampled && now() < end; position++) {
    const run = runAt(settings, shard, position);
    const known = tallies.get(run.scenario);
    if (known === undefined) continue;
    const { scenario, tally } = known;
    try {
      tally.add(await runOn(scenario.system, scenario.plan(run.seed, { defects, knobs }), { eventBudget }));
    } catch {
      // The campaign has told that this run does not come to its end.
    }
  }
  return [...tallies]
    .map(([scenario, { tally }]) => ({ scenario, chart: tally.chart() }))
    .filter(({ chart }) => chart.series.some(({ begun }) => begun.some((n) => n > 0)));
}
