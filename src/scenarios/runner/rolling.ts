/**
 * Nodes are drained and started again, one after the other and two at a time, while work goes on; some drains end by force.
 * A node that drains takes on nothing, acks nothing that it has not done, and deletes nothing that is not confirmed.
 */
import { faultsOf, fc, MILLISECOND, type Operation, seconds, together } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { NODE_GROUND, runnerScenario, SCOPE } from "./define.js";
import { NODES } from "./topology.js";
import { ask } from "./workload.js";

/** Each node is drained, looked at and started again, in any order. */
export const rollout: fc.Arbitrary<readonly Operation[]> = fc
  .record({
    order: fc.shuffledSubarray([...NODES], { minLength: 2, maxLength: 3 }),
    at: seconds(3, 8),
    pauses: fc.array(fc.integer({ min: 1_500, max: 5_000 }), { minLength: 3, maxLength: 3 }),
    down: fc.array(fc.integer({ min: 300, max: 5_000 }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ order, at, pauses, down }) =>
    order.flatMap((node, i) => {
      const begins = at + i * (pauses[i] ?? 0) * MILLISECOND;
      const id = `roll-${i + 1}`;
      return [
        ask(`${id}-drain`, begins, node, "/admin/drain"),
        ask(`${id}-ready`, begins + 250 * MILLISECOND, node, "/ready"),
        ask(`${id}-metrics`, begins + 300 * MILLISECOND, node, "/metrics"),
        ask(`${id}-start`, begins + (down[i] ?? 0) * MILLISECOND, node, "/admin/start"),
        ask(`${id}-info`, begins + 7_000 * MILLISECOND, node, "/info"),
      ];
    }),
  );

export const rolling = runnerScenario({
  id: "runner-rolling-restart",
  title: "nodes drained and started again while work goes on",
  shows:
    "A rolling restart under load, with slow providers and crashes on the way. Readiness ends first, nothing new is acquired, what is under way is finished or " +
    "comes again elsewhere, and parts of the outbox change hands.",
  workload: { operator: rollout, orders: { min: 6, max: 12 } },
  knobs: { "environment/*": "RUNNER_DRAIN_TIMEOUT=1200" },
  storm: together(
    faultsOf(["external-slow", "external-hang"], SCOPE, { min: 0, max: 2 }),
    faultsOf(["crash", "pause"], NODE_GROUND, { min: 0, max: 2 }),
  ),
  mustFire: ["external-slow", "external-hang", "crash", "pause"],
  goals: [GOALS.drained, GOALS.drainForced, GOALS.restarted, GOALS.partHandedOver],
});
