/** The scenarios of one system, loaded without those of the others: a command that runs a single universe starts sooner. */
import type { Scenario } from "../src/index.js";

/** By the id of the system. */
const BY_SYSTEM: Readonly<Record<string, () => Promise<readonly Scenario[]>>> = {
  pipeline: async () => (await import("../src/scenarios/pipeline/index.js")).pipelineScenarios,
  mirror: async () => (await import("../src/scenarios/mirror/index.js")).mirrorScenarios,
  saga: async () => (await import("../src/scenarios/saga/index.js")).sagaScenarios,
  broker: async () => (await import("../src/scenarios/broker/index.js")).brokerScenarios,
  runner: async () => (await import("../src/scenarios/runner/index.js")).runnerScenarios,
  actors: async () => (await import("../src/scenarios/actors/index.js")).actorScenarios,
  channels: async () => (await import("../src/scenarios/channels/index.js")).channelScenarios,
  orders: async () => (await import("../src/scenarios/orders/index.js")).ordersScenarios,
};

/** @throws RangeError when there is no such system. */
export async function scenariosOfSystem(system: string): Promise<readonly Scenario[]> {
  const load = BY_SYSTEM[system];
  if (load === undefined) throw new RangeError(`no system "${system}"`);
  return load();
}
