/**
 * Answers of the log come late, secondaries are cut off from it in turns, and their clocks are behind the writer's: then a row's own
 * timestamp says that it is young for longer than it is, and only the poll that confirmed a replica, by the time when it was *sent*, can say that the
 * replica is no longer fresh. Rows are few in the log, so that who was away reads a snapshot.
 */
import * as fc from "fast-check";
import { type Fault, prescribed, type Selector, seconds, several, together } from "seedstorm";
import { GOALS } from "../../model/mirror/goals.js";
import { mirrorScenario } from "./define.js";
import { HOME, LOG, SECONDARIES } from "./topology.js";

const secondary = fc.constantFrom<Selector>(...SECONDARIES);

/** The clock of one secondary is behind, in most of the time that writes take. */
function behind(target: Selector): fc.Arbitrary<Fault[]> {
  return prescribed<"clock-skew">({
    kind: fc.constant("clock-skew"),
    target: fc.constant(target),
    at: seconds(2, 4),
    for: seconds(26, 30),
    by: seconds(2, 6).map((by) => -by),
  });
}

export const lateAnswers = mirrorScenario({
  id: "mirror-late-answers",
  title: "the log answers late, to secondaries whose clocks are behind",
  shows:
    "Polls are answered up to a second after they were sent, links to the log are cut again and again, the writer stands still at times, and readers' clocks lag, so that what was written long ago " +
    "looks young. A replica is fresh by the sending of its last poll, and not while something in the log is missing in it.",
  knobs: fc.record({
    entries: fc.constant("mixed"),
    deltaReplay: fc.boolean(),
    fullStateEvery: fc.integer({ min: 4, max: 12 }),
    retain: fc.integer({ min: 4, max: 6 }),
  }),
  workload: { writes: { min: 70, max: 110 }, reads: { min: 200, max: 260 }, suspend: { min: 1, max: 4 } },
  storm: together(
    ...SECONDARIES.map(behind),
    several<"reorder">(
      { min: 3, max: 6 },
      {
        kind: fc.constant("reorder"),
        from: fc.constant(LOG),
        to: secondary,
        at: seconds(3, 24),
        for: seconds(3, 8),
        ratio: fc.constant(1),
        by: seconds(1, 2).map((by) => by - 100_000),
      },
    ),
    several<"partition">(
      { min: 6, max: 12 },
      {
        kind: fc.constant("partition"),
        a: secondary.map((id) => [id]),
        b: fc.constant([LOG]),
        oneWay: fc.boolean(),
        at: seconds(3, 28),
        for: seconds(1, 6),
      },
    ),
    several<"pause">(
      { min: 2, max: 5 },
      { kind: fc.constant("pause"), target: fc.constant(HOME), at: seconds(4, 28), for: seconds(1, 3) },
    ),
  ),
  mustFire: ["clock-skew", "reorder", "partition"],
  goals: [GOALS.freshRead, GOALS.staleRead, GOALS.resynchronised, GOALS.deltaPassed],
});
