/**
 * The primary is lost, or only seems to be: its region goes dark, it crashes or stands still, or the other
 * clusters can't reach it while applications still can. A secondary is promoted; the old primary comes back,
 * or was never away.
 */
import * as fc from "fast-check";
import { type Fault, faultsOf, prescribed, seconds, together } from "seedstorm";
import { GOALS } from "../../model/mirror/goals.js";
import { mirrorScenario, SCOPE } from "./define.js";
import { DIRECTORY, HOME, SECONDARIES } from "./topology.js";

const lost: fc.Arbitrary<Fault[]> = fc.oneof(
  prescribed<"domain-loss">({
    kind: fc.constant("domain-loss"),
    target: fc.constant("region/aws/us-east"),
    at: seconds(5, 18),
    for: seconds(5, 14),
  }),
  prescribed<"crash">({
    kind: fc.constant("crash"),
    target: fc.constant(HOME),
    at: seconds(5, 18),
    for: seconds(4, 10),
  }),
  prescribed<"pause">({
    kind: fc.constant("pause"),
    target: fc.constant(HOME),
    at: seconds(5, 18),
    for: seconds(4, 10),
  }),
);

/**
 * The others can't reach the home cluster, which may not reach the directory either; log and applications
 * still can.
 */
const onlySeemsLost: fc.Arbitrary<Fault[]> = prescribed<"partition">({
  kind: fc.constant("partition"),
  a: fc.constant([HOME]),
  b: fc.constantFrom([...SECONDARIES], [...SECONDARIES, DIRECTORY]),
  oneWay: fc.boolean(),
  at: seconds(5, 18),
  for: seconds(5, 14),
});

export const primaryLoss = mirrorScenario({
  id: "mirror-primary-loss",
  title: "the primary is lost or cut off, and a secondary is promoted",
  shows:
    "The home cluster is gone for some seconds, or only the other clusters think so. A secondary takes its grains over, with all that was acknowledged; " +
    "an old primary that goes on writing is refused by its epoch.",
  workload: { writes: { min: 80, max: 150 }, retire: { min: 0, max: 1 } },
  storm: together(
    fc.oneof(lost, onlySeemsLost),
    faultsOf(["crash", "crash-point", "pause", "partition"], SCOPE, { min: 0, max: 4 }),
  ),
  mustFire: ["domain-loss", "crash", "crash-point", "pause", "partition"],
  goals: [
    GOALS.promoted,
    GOALS.writtenAfterPromotion,
    GOALS.caughtUp,
    GOALS.fenced,
    GOALS.resumed,
    GOALS.appendRetried,
  ],
});
