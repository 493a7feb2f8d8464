/**
 * Clocks that are off, drift, jump, strobe and stand still, while sagas have timers to wait for. No timer is due by a wall
 * clock: each comes neither early nor late.
 */
import { CLOCK_KINDS, faultsOf, together } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { NODE_GROUND, runnerScenario, SCOPE } from "./define.js";

export const clocks = runnerScenario({
  id: "runner-clocks",
  title: "timers under hostile clocks",
  shows:
    "Clocks of every host are skewed, drift, jump, strobe and freeze, and parts change hands. A timer comes once, after its time and not long after, and is " +
    "cancelled when its instance ends.",
  workload: { orders: { min: 6, max: 12 } },
  storm: together(
    faultsOf(CLOCK_KINDS, SCOPE, { min: 2, max: 6 }),
    faultsOf(["pause", "crash"], NODE_GROUND, { min: 0, max: 2 }),
  ),
  mustFire: CLOCK_KINDS,
  goals: [GOALS.timerFired, GOALS.timerCancelled, GOALS.partTakenOver],
});
