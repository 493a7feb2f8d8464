/**
 * A new version of the code comes to one host after the other, and has renamed step modules. Runs that were
 * started under old names are resumed and compensated all the same, by whichever version takes them up.
 */

import { faultsOf } from "seedstorm";
import { GOALS } from "../../model/saga/goals.js";
import { SCOPE, sagaScenario } from "./define.js";

export const deploy = sagaScenario({
  id: "saga-deploy",
  title: "a rolling deploy that renames step modules under live runs",
  shows:
    "Hosts go over to the second version one after the other, some crash on the way. Old hosts leave to new ones what they don't know, new ones " +
    "know the old names: every run ends, whichever version began it.",
  workload: { deployments: { min: 4, max: 9 }, deploy: true },
  storm: faultsOf(["crash", "pause", "external-slow"], SCOPE, { min: 0, max: 3 }),
  mustFire: ["crash", "pause", "external-slow"],
  goals: [
    GOALS.completed,
    GOALS.rolledBack,
    GOALS.handedBack,
    GOALS.unknownModule,
    GOALS.oldName,
    GOALS.rescued,
  ],
});
