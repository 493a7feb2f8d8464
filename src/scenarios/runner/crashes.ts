/**
 * Nodes, store, gateway and brokers crash at every point of a workflow: before and after each durable write, each call, and at
 * the moments between its steps. Nothing is done twice and nothing is lost.
 */
import { type FaultKind, faultsOf, stormBy, together, WORLD_MOMENTS } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { runnerMoments } from "../../model/runner/moments.js";
import { NODE_GROUND, runnerScenario, SCOPE, STORE_GROUND } from "./define.js";

const KINDS: readonly FaultKind[] = ["crash", "crash-point", "pause"];

export const crashes = runnerScenario({
  id: "runner-crashes",
  title: "crashes between any two steps of a workflow",
  shows:
    "Hosts of every kind crash before and after durable writes and calls, after a commit and before its dispatch, after a dispatch and before its " +
    "deletion, in the middle of an effect. Every event moves its saga once, every effect is applied once, and every order ends.",
  knobs: { buggify: true },
  storm: together(
    faultsOf(["crash", "crash-point", "crash-point"], NODE_GROUND, { min: 2, max: 5 }),
    faultsOf(["crash", "crash-point"], STORE_GROUND, { min: 1, max: 3 }),
    stormBy(
      "aimed",
      KINDS,
      { ...SCOPE, moments: [...runnerMoments, ...WORLD_MOMENTS].map(({ id }) => id) },
      2,
    ),
  ),
  mustFire: KINDS,
  goals: [
    GOALS.duplicateSkipped,
    GOALS.resultRepeated,
    GOALS.partTakenOver,
    GOALS.claimTakenOver,
    GOALS.commandReplayed,
    GOALS.dispatchRetried,
  ],
});
