/** All scenarios by name, and how to run a plan of any of them. */
import {
  type Outcome,
  type Plan,
  type RunOptions,
  runOn,
  type Scenario,
  type System,
  type Verification,
  verifyOn,
} from "seedstorm";
import { actorScenarios } from "./actors/index.js";
import { brokerScenarios } from "./broker/index.js";
import { channelScenarios } from "./channels/index.js";
import { mirrorScenarios } from "./mirror/index.js";
import { ordersScenarios } from "./orders/index.js";
import { pipelineScenarios } from "./pipeline/index.js";
import { runnerScenarios } from "./runner/index.js";
import { sagaScenarios } from "./saga/index.js";

/** Where worker threads load this module from. */
export const REGISTRY = import.meta.url;

export const scenarios: readonly Scenario[] = [
  ...pipelineScenarios,
  ...mirrorScenarios,
  ...sagaScenarios,
  ...brokerScenarios,
  ...runnerScenarios,
  ...actorScenarios,
  ...channelScenarios,
  ...ordersScenarios,
];

/** The systems under test, each once. */
export const systems: readonly System[] = [...new Set(scenarios.map((scenario) => scenario.system))];

const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario]));

export function findScenario(id: string): Scenario | undefined {
  return byId.get(id);
}

/** Runs a plan. Throws a RangeError when no scenario has the plan's name. */
export function run(plan: Plan, options?: RunOptions): Promise<Outcome> {
  return runOn(systemOf(plan), plan, options);
}

/** Runs a plan twice and compares the two universes step by step. */
export function verify(plan: Plan): Promise<Verification> {
  return verifyOn(systemOf(plan), plan);
}

function systemOf(plan: Plan): System {
  const scenario = byId.get(plan.scenario);
  if (scenario === undefined) throw new RangeError(`no scenario "${plan.scenario}"`);
  return scenario.system;
}
