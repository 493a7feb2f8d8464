/**
 * An operator who asks every node how it is, again and again, while store and brokers are in trouble: answers are true at any
 * time, and good once nothing is wrong any more. Two of the nodes declare nothing by themselves.
 */
import { faultsOf, fc, MILLISECOND, type Operation, together } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { BROKER_GROUND, NODE_GROUND, runnerScenario, STORE_GROUND } from "./define.js";
import { NODES } from "./topology.js";
import { ask } from "./workload.js";

const PATHS = ["/health", "/ready", "/metrics", "/info", "/logs"] as const;
/** The last round comes when everything has been well for long. */
const LAST = 54_000;

const rounds: fc.Arbitrary<readonly Operation[]> = fc
  .array(fc.integer({ min: 400, max: 28_000 }), { minLength: 5, maxLength: 9 })
  .map((times) =>
    [...times, LAST].flatMap((at, round) =>
      NODES.flatMap((node, n) =>
        PATHS.map((path, p) =>
          ask(`ask-${round + 1}-${n + 1}-${p + 1}`, (at + 40 * n + 10 * p) * MILLISECOND, node, path),
        ),
      ),
    ),
  );

export const operators = runnerScenario({
  id: "runner-operators",
  title: "an operator who asks nodes how they are, in good times and bad",
  shows:
    "Health, readiness, metrics, info and logs of every node, while the store's disk is full, slow or gone for a while, brokers lose their leader, and nodes crash. No answer is " +
    "better than things are, none is worse once they are well, and totals add up.",
  workload: { operator: rounds, orders: { min: 4, max: 8 } },
  knobs: {
    "environment/runner-2": "RUNNER_CREATE_MISSING=false",
    "environment/runner-3": "RUNNER_CREATE_MISSING=false",
  },
  storm: together(
    faultsOf(["crash", "disk-full", "disk-stall", "fsync-failure"], STORE_GROUND, { min: 0, max: 3 }),
    faultsOf(["crash", "partition"], BROKER_GROUND, { min: 0, max: 2 }),
    faultsOf(["crash", "pause"], NODE_GROUND, { min: 0, max: 1 }),
  ),
  mustFire: ["crash", "disk-full", "disk-stall", "fsync-failure", "partition", "pause"],
  goals: [GOALS.askedWhileIll, GOALS.askedWhileWell],
});
