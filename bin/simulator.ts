/** The simulator as commands use it, and how they look up what people name. It loads no scenario. */
import type {
  CampaignOptions,
  CampaignResult,
  ClaimRequest,
  PoolOptions,
  RunPool,
} from "../src/explore/index.js";
import type { Outcome, Plan, Scenario, Verification } from "../src/index.js";
import { defectId, InputError, scenarioNamed, shown, suggestion } from "../src/input/index.js";
import type { Keeper } from "./result-keeper.js";

export { scenarioNamed };

/** How a run is named to people. */
export interface RunNames {
  readonly scenario: string;
  readonly seed: number;
  /** What is to be typed to run it again. */
  readonly command: string;
}

/** What commands about one universe need. */
export interface Universes {
  /** Called before a run, with what it is called should it not come back. */
  begins?(names: RunNames): void;
  readonly scenarios: readonly Scenario[];
  run(plan: Plan): Outcome | Promise<Outcome>;
  /** Runs the plan twice and compares every event. The outcome is the first run's. */
  verify(plan: Plan): Verification | Promise<Verification>;
}

/** What the other commands need. */
export interface Simulator extends Pick<Universes, "scenarios" | "run"> {
  /** URL of the module that threads load the scenarios from. */
  readonly registry: string;
  /** Worker threads to run plans on; they load the scenarios that are here. */
  pool(options: Omit<PoolOptions, "registry">): RunPool;
  campaign(options: CampaignOptions): Promise<CampaignResult>;
  /** Keeps the result of a campaign in a file. */
  keeper(request: ClaimRequest, onTrouble: (sentence: string) => void): Promise<Keeper>;
}

/** The scenarios with these names, each once; all of them when none is named. @throws InputError */
export function scenariosNamed(ids: readonly string[], scenarios: readonly Scenario[]): readonly Scenario[] {
  return ids.length === 0 ? scenarios : [...new Set(ids)].map((id) => scenarioNamed(id, scenarios));
}

/** Defects of the scenario's system by their ids. @throws InputError */
export function checkDefects(ids: readonly string[], scenario: Scenario): readonly string[] {
  const { defects } = scenario.system;
  const known = defects.map(({ id }) => id);
  const named = ids.map((id) => defectId(id, defects));
  for (const id of named) {
    if (!known.includes(id)) {
      const hint = suggestion(id, known, "defects");
      throw new InputError(`--defect: system ${scenario.system.id} has no defect ${shown(id)}${hint}`);
    }
  }
  return [...new Set(named)];
}
