/**
 * Runners that stand still until another one has their run, and then go on as if nothing had been, with the very next thing
 * that they meant to do; and calls that are held on their way to the cloud until the run that they were for is being
 * taken back. Both are too late: a runner looks at its lease before it calls, and the cloud remembers what was
 * reverted before it came.
 */
import * as fc from "fast-check";
import { type Micros, ms, numbered, prescribed, SECOND, several, type Trigger, together } from "seedstorm";
import { GOALS } from "../../model/saga/goals.js";
import { SAGA_DEFAULTS } from "../../model/saga/knobs.js";
import { SCOPE, sagaScenario } from "./define.js";

const { leaseTtl, jobBackoff } = SAGA_DEFAULTS;
/** From here on another runner may have the run. */
const REPLACED: Micros = leaseTtl + jobBackoff;
/** What is triggered by a moment waits for it from here on; it is over by the heal if the moment comes in time. */
const waitingFrom = fc.integer({ min: SCOPE.from, max: SCOPE.healAt - 12 * SECOND });
/** The runner does not know yet that the step which it is about to execute is begun. */
const stepBegun: fc.Arbitrary<Trigger> = fc.record({
  moment: fc.constant("step-begun"),
  nth: fc.integer({ min: 1, max: 6 }),
  after: fc.constant(0),
});
const lateness = ms(-300, 3_500).map((more) => REPLACED + more);

/** Runners stand still between a step's beginning and its call. */
const pauses = several<"pause">(
  { min: 2, max: 5 },
  {
    kind: fc.constant("pause"),
    target: fc.constant("@"),
    at: waitingFrom,
    trigger: stepBegun,
    for: lateness,
  },
);

/** A step's call is held, its runner dies, and by the time that the call comes another runner has the run. */
const heldCall = fc
  .record({
    at: waitingFrom,
    trigger: stepBegun,
    held: lateness,
    late: ms(200, 1_000),
    down: ms(4_000, 7_000),
  })
  .chain(({ at, trigger, held, late, down }) =>
    together(
      prescribed({
        kind: fc.constant("clog" as const),
        from: fc.constant("@"),
        to: fc.constant("external/cloud"),
        at: fc.constant(at),
        trigger: fc.constant(trigger),
        for: fc.constant(held + SECOND),
      }),
      prescribed({
        kind: fc.constant("crash" as const),
        target: fc.constant("@"),
        at: fc.constant(at),
        trigger: fc.constant({ ...trigger, after: late }),
        for: fc.constant(down),
      }),
    ),
  );

const heldCalls = fc
  .array(heldCall, { minLength: 1, maxLength: 3, size: "max" })
  .map((lists) => numbered(lists.flat()));

export const lateComers = sagaScenario({
  id: "saga-late-comers",
  title:
    "runners that stand still until others have their runs, and calls that come when those are taken back",
  shows:
    "Pauses that begin when a step is begun and end when another runner has its run, calls that are held until it is compensated, and cancels. Who comes too late " +
    "finds that out before anything happens, or the cloud refuses it.",
  workload: { deployments: { min: 5, max: 10 }, cancelled: 60, doomed: 10 },
  storm: together(pauses, heldCalls),
  mustFire: ["pause", "clog", "crash"],
  goals: [
    GOALS.rescued,
    GOALS.resumedForward,
    GOALS.leaseLost,
    GOALS.cancelledUnderWay,
    GOALS.lateCallRefused,
  ],
});
