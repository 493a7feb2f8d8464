/** Reports of toy universes, for tests of pages: made once and shared, because nothing changes them. */

import { type Diagram, diagramOf } from "../../src/report/html/diagram.js";
import { type RunReport, runHtml } from "../../src/report/html/run-page.js";
import { type RecordedRun, recordedRun } from "../../src/report/recorded-run.js";
import type { Scenario } from "../../src/storm/scenario.js";
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

export const courierRun = (plan: CourierPlan): Promise<RecordedRun> =>
  recordedRun(courierPlan(plan), courierScenario);

export function diagramFor(run: RecordedRun, limit?: number): Diagram {
  return diagramOf({ ...run, declared: [], ...(limit === undefined ? {} : { limit }) });
}

export async function pageFor(run: RecordedRun, more: Partial<RunReport> = {}): Promise<string> {
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
