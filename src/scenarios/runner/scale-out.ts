/**
 * One node does everything; then others join, and it hands parts over to them. Work is shared and not done twice.
 */
import { faultsOf, fc, MILLISECOND, type Operation, seconds } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { NODE_GROUND, runnerScenario } from "./define.js";
import { ask } from "./workload.js";

const joins: fc.Arbitrary<readonly Operation[]> = fc
  .record({ second: seconds(6, 10), third: seconds(8, 16) })
  .map(({ second, third }) => [
    ask("leave-2", 700 * MILLISECOND, "runner-2", "/admin/drain"),
    ask("leave-3", 800 * MILLISECOND, "runner-3", "/admin/drain"),
    ask("join-2", second, "runner-2", "/admin/start"),
    ask("join-3", third, "runner-3", "/admin/start"),
  ]);

export const scaleOut = runnerScenario({
  id: "runner-scale-out",
  title: "nodes that join while one does everything",
  shows:
    "Members come into the deliver group and ask for parts of the outbox and the timers, which the first node hands over at its next beat. Each event and each effect " +
    "is still one, and an instance's events keep their order.",
  workload: { operator: joins, orders: { min: 8, max: 14 } },
  knobs: { buggify: true, "environment/*": "RUNNER_SPREAD_PARTS=4" },
  storm: faultsOf(["pause", "crash", "slow-link"], NODE_GROUND, { min: 0, max: 3 }),
  mustFire: ["pause", "crash", "slow-link"],
  goals: [GOALS.partHandedOver, GOALS.restarted],
});
