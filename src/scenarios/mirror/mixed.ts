/**
 * Producers write changes, with a complete state now and then. Consumers fold them, or pass them over and
 * wait for the next complete state; the log keeps so few rows that one who was away finds a gap.
 */
import * as fc from "fast-check";
import { type FaultKind, faultsOf } from "seedstorm";
import { GOALS } from "../../model/mirror/goals.js";
import { mirrorScenario, SCOPE } from "./define.js";

const KINDS: readonly FaultKind[] = [
  "crash",
  "crash-point",
  "pause",
  "partition",
  "loss",
  "duplication",
  "reorder",
];

export const mixed = mirrorScenario({
  id: "mirror-mixed",
  title: "complete states and deltas in one log",
  shows:
    "Most rows carry only what has changed. A consumer that replays deltas shows exactly the states that the log leads to, reads a snapshot where rows are " +
    "missing, and never takes a change for a state; one that doesn't replay them waits for complete states, and misses none.",
  knobs: fc.record({
    entries: fc.constant("mixed"),
    deltaReplay: fc.integer({ min: 0, max: 2 }).map((n) => n > 0),
    fullStateEvery: fc.integer({ min: 3, max: 9 }),
    retain: fc.integer({ min: 10, max: 30 }),
  }),
  workload: {
    writes: { min: 80, max: 150 },
    suspend: { min: 0, max: 2 },
    insertRow: { min: 0, max: 2 },
  },
  storm: faultsOf(KINDS, SCOPE, { min: 0, max: 6 }),
  mustFire: KINDS,
  goals: [
    GOALS.deltaFolded,
    GOALS.resynchronised,
    GOALS.deltaPassed,
    GOALS.undecodablePassed,
    GOALS.truncated,
    GOALS.resumed,
  ],
});
