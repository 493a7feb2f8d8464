/** The command's simulator on the toy system, with real threads. */
import { writeFileSync } from "node:fs";
import { keeperOf } from "../../bin/result-keeper.js";
import type { Simulator, Universes } from "../../bin/simulator.js";
import { runCampaign } from "../../src/explore/campaign/campaign.js";
import { RunPool } from "../../src/explore/runs/pool.js";
import { runOn } from "../../src/storm/run.js";
import { verifyOn } from "../../src/storm/verify.js";
import { toyPool } from "./compiled.js";
import { scenarios, toySystem } from "./toy.js";

export const toySimulator: Simulator & Universes = {
  registry: toyPool().registry,
  scenarios,
  run: (plan) => runOn(toySystem, plan),
  verify: (plan) => verifyOn(toySystem, plan),
  pool: (options) => new RunPool({ ...options, ...toyPool() }),
  campaign: (options) => runCampaign({ ...options, ...toyPool() }),
  keeper: async (request, onTrouble) => keeperOf(request, onTrouble),
};

/** A file with a plan that fails by a defect of the toy system; it has a storm that loses messages. */
export function failingPlan(defect: string): string {
  for (let seed = 1; seed < 100; seed++) {
    const plan = scenarios[1]?.plan(seed, { defects: [defect] });
    if (plan?.faults.some(({ kind }) => kind === "loss")) {
      writeFileSync("plan.json", JSON.stringify(plan));
      return "plan.json";
    }
  }
  throw new Error("no such plan");
}
