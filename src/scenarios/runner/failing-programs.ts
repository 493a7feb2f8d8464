/**
 * A program that fails on some orders, of a saga whose manifest says that they are to be taken back then: at their first event,
 * where nothing was done yet, or in the middle, where there is something to take back.
 */
import { faultsOf } from "seedstorm";
import { programsFile, sagasFile } from "../../model/runner/business/files.js";
import { GOALS } from "../../model/runner/goals.js";
import { NODE_GROUND, runnerScenario } from "./define.js";

export const failingPrograms = runnerScenario({
  id: "runner-failing-programs",
  title: "programs that fail, and sagas that are taken back for it",
  shows:
    "A program runs into a value that it can't take. Its saga's policy is to compensate: the compensation runs in its place, in the same transaction, and the order is " +
    "rejected with nothing of it left. Nothing goes to quarantine that the policy can deal with.",
  workload: { gifts: true, orders: { min: 6, max: 12 } },
  knobs: { "file/programs.json": programsFile("both"), "file/sagas.yaml": sagasFile("compensate") },
  storm: faultsOf(["crash", "pause", "slow-link"], NODE_GROUND, { min: 0, max: 3 }),
  mustFire: ["crash", "pause", "slow-link"],
  goals: [GOALS.failureCompensated, GOALS.compensationRun, GOALS.deadLettered],
});
