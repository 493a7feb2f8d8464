/**
 * Clocks are set, drift, flip and stand still, the database's most of all, and just when a runner was granted a lease; meanwhile the
 * cloud keeps runners waiting in the midst of their steps. Leases run out by a clock that nobody can set, so a run stays with
 * its runner whatever time the database takes it to be.
 */
import * as fc from "fast-check";
import {
  CLOCK_KINDS,
  type FaultKind,
  faultsOf,
  ms,
  seconds,
  several,
  soonAfter,
  swarm,
  together,
} from "seedstorm";
import { GOALS } from "../../model/saga/goals.js";
import { SAGA_DEFAULTS } from "../../model/saga/knobs.js";
import { SCOPE, sagaScenario } from "./define.js";
import { DATABASE } from "./topology.js";

const WAITS: readonly FaultKind[] = ["external-slow", "external-hang", "external-lost-reply"];

const { leaseTtl, renewInterval } = SAGA_DEFAULTS;

/** The database's time leaps over the end of a lease before that is renewed. */
const leaps = several<"clock-jump">(
  { min: 2, max: 5 },
  {
    kind: fc.constant("clock-jump"),
    target: fc.constant(DATABASE),
    by: ms(200, 20_000).map((more) => leaseTtl + more),
    at: seconds(1, 26),
    trigger: soonAfter(["run-leased", "run-renewed"], 4, renewInterval / 1_000),
  },
);

export const clocks = sagaScenario({
  id: "saga-clocks",
  title: "clocks that are set while leases run",
  shows:
    "The database's clock leaps over the ends of leases that were just granted, all clocks drift, flip and stand still, and the cloud is slow to answer. No " +
    "run is executed by two runners, and every run ends.",
  workload: { deployments: { min: 4, max: 9 } },
  storm: together(
    leaps,
    swarm(CLOCK_KINDS, SCOPE, 2),
    faultsOf(WAITS, SCOPE, { min: 2, max: 5 }),
    faultsOf(["pause", "crash"], SCOPE, { min: 0, max: 2 }),
  ),
  mustFire: [...CLOCK_KINDS, ...WAITS, "pause", "crash"],
  goals: [GOALS.completed, GOALS.rolledBack, GOALS.rescued, GOALS.ambiguous],
});
