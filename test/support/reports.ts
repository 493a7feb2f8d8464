/** Reports of toy universes, for tests of pages: made once and shared, because nothing changes them. */

import { type Diagram, diagramOf } from "../../src/report/html/diagram.js";
import { type RunReport, runHtml } from "../../src/report/html/run-page.js";
import type { PacketLog } from "../../src/report/recorder.js";
import { PacketRecorder } from "../../src/report/recorder.js";
import { runOn } from "../../src/storm/run.js";
import type { Outcome, Scenario } from "../../src/storm/scenario.js";
import { type CourierPlan, courierPlan, couriers } from "./couriers.js";
import { testClient } from "./report-client.js";

export const courierScenario: Scenario = {
  id: "couriers",
  title: "Couriers in three clouds hand out orders",
  shows: "That two dispatchers pay twice.",
  system: couriers,
  mustFire: ["partition"],
  goals: ["a dispatcher was elected", "the moon was reached"],
  expectedViolations: [],
  plan: (seed) => courierPlan({ seed }),
};

export interface CourierRun {
  readonly outcome: Outcome;
  readonly packets: PacketLog;
}

export async function courierRun(plan: CourierPlan): Promise<CourierRun> {
  const recorder = new PacketRecorder();
  const outcome = await runOn(couriers, courierPlan(plan), { prepare: (world) => recorder.attach(world) });
  return { outcome, packets: recorder.log() };
}

export function diagramFor({ outcome, packets }: CourierRun, limit?: number): Diagram {
  return diagramOf({ outcome, packets, declared: [], ...(limit === undefined ? {} : { limit }) });
}

export async function pageFor(run: CourierRun, more: Partial<RunReport> = {}): Promise<string> {
  const report: RunReport = {
    ...run,
    scenario: courierScenario,
    command: "npx seedstorm replay couriers.json",
    notes: [],
    versions: { seedstorm: "0.0.0", node: "0.0.0" },
    ...more,
  };
  return runHtml(report, await testClient());
}
