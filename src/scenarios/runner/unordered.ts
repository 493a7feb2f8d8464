/**
 * The order of an instance's events is given up for more of a lane's events under way at once. Checkpoints stay behind what is
 * still under way; everything else holds as before.
 */
import { faultsOf, together } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { NODE_GROUND, runnerScenario, STORE_GROUND } from "./define.js";

export const unordered = runnerScenario({
  id: "runner-unordered",
  title: "lanes without order, eight events of each at once",
  shows:
    "Events of one instance are processed side by side by several nodes, and their transactions serialize them in whatever order. Each moves its saga once, no checkpoint " +
    "passes an event that is still under way, and every order ends whole.",
  workload: { orders: { min: 8, max: 14 }, cancelled: 40 },
  knobs: {
    buggify: true,
    "environment/*":
      "RUNNER_CONSUMERS_PER_KEY_ORDER=false\nRUNNER_CONSUMERS_MAX_IN_FLIGHT=8\nRUNNER_SPREAD_LANES=1",
  },
  storm: together(
    faultsOf(["crash", "pause", "slow-link", "loss"], NODE_GROUND, { min: 1, max: 4 }),
    faultsOf(["crash", "disk-slow"], STORE_GROUND, { min: 0, max: 2 }),
  ),
  mustFire: ["crash", "pause", "slow-link", "loss", "disk-slow"],
  goals: [GOALS.checkpointHeldBack, GOALS.duplicateSkipped, GOALS.compensationRun],
});
