/**
 * Deliveries are lost on their way to nodes until the broker gives a message up by itself, and the store is away at just about the time
 * when that is to be written down. What was given up is written down all the same, later.
 */
import { fc, ms, seconds, several, together } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { runnerScenario } from "./define.js";
import { BROKERS, NODES } from "./topology.js";

export const givenUp = runnerScenario({
  id: "runner-given-up",
  title: "the broker gives messages up that nobody got, while the store is away",
  shows:
    "Links from brokers to nodes are cut one way for so long that a message's few deliveries are all lost, and the store crashes or cannot be reached every few " +
    "seconds. Each message that was given up is in quarantine in the end, and every other one was processed.",
  workload: { orders: { min: 8, max: 14 } },
  knobs: { "environment/*": "RUNNER_CONSUMERS_ACK_WAIT=600\nRUNNER_CONSUMERS_MAX_DELIVER=3" },
  storm: together(
    several<"partition">(
      { min: 6, max: 12 },
      {
        kind: fc.constant("partition"),
        a: fc.constant(BROKERS),
        b: fc.subarray([...NODES], { minLength: 1 }),
        oneWay: fc.constant(true),
        at: seconds(2, 26),
        for: ms(1_000, 3_500),
      },
    ),
    several<"crash">(
      { min: 4, max: 8 },
      { kind: fc.constant("crash"), target: fc.constant("store"), at: seconds(3, 28), for: ms(300, 2_000) },
    ),
    several<"partition">(
      { min: 2, max: 5 },
      {
        kind: fc.constant("partition"),
        a: fc.constant(NODES),
        b: fc.constant(["store"]),
        oneWay: fc.boolean(),
        at: seconds(3, 27),
        for: ms(500, 3_000),
      },
    ),
  ),
  mustFire: ["partition", "crash"],
  goals: [GOALS.quarantinedByAdvisory],
});
