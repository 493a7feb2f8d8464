/**
 * One or two of the three runners are lost early and never come back, or an upgrade of the runners stops half-way and stays so; nothing
 * else goes wrong, and customers go on. The runners that are left take the runs over and carry out new ones: judged while the loss
 * lasts, which is until the end.
 */
import * as fc from "fast-check";
import { type Fault, prescribed, rollout, SECOND, seconds, together, type Upgrade } from "seedstorm";
import { GOALS } from "../../model/saga/goals.js";
import { SCOPE, sagaScenario } from "./define.js";
import { RUNNERS } from "./topology.js";

const NEXT: Upgrade = { hosts: RUNNERS, settings: { pollInterval: 250_000, concurrency: 2 } };

const lost = (most: number): fc.Arbitrary<Fault[]> =>
  fc.shuffledSubarray([...RUNNERS], { minLength: 1, maxLength: most }).chain((runners) =>
    together(
      ...runners.map((id) =>
        prescribed<"host-loss">({
          kind: fc.constant("host-loss"),
          target: fc.constant(id),
          at: seconds(3, 8),
        }),
      ),
    ),
  );

export const lastingLoss = sagaScenario({
  id: "saga-lasting-loss",
  title: "runners are lost for good, and the others go on without them",
  shows:
    "Between 3 and 8 seconds one or two of three runners are lost and never come back; those that are left may have different settings. What the lost ones had under " +
    "way is rescued, and from then on each run is over in time and each customer is answered, for the rest of the run.",
  workload: {
    deployments: { min: 6, max: 12 },
    proofs: { min: 2, max: 5 },
    lists: { min: 2, max: 6 },
    to: 44 * SECOND,
  },
  storm: together(
    lost(2),
    fc.oneof(rollout({ ...SCOPE, healAt: 9 * SECOND }, NEXT), fc.constant<Fault[]>([])),
  ),
  mustFire: ["host-loss", "upgrade"],
  certain: [GOALS.completed, "survivors-run-sagas"],
  goals: [GOALS.completed, GOALS.rolledBack, GOALS.rescued],
});
