/**
 * Power fails at all replicas, again and again, also while their disks are slow, and it comes back here sooner than there.
 * One of the disks is a bad one besides: it forgets what it was to write, loses bits, puts writes where they don't
 * belong, and is replaced by an empty one. What was acknowledged is there afterwards: a replica that lost something
 * says so, and takes no part before it has been rebuilt.
 */
import * as fc from "fast-check";
import { type Fault, type Micros, ms, prescribed, SECOND, several, together } from "seedstorm";
import { pipelineScenario } from "./define.js";

const FIRST_OUTAGE: Micros = 5 * SECOND;
/** From one outage to the next: time enough to have something to lose again. */
const APART: Micros = 5 * SECOND;
const OUTAGES = 5;

/** When power fails at a replica, after the outage began. */
const AT_ONCE = ms(0, 6);
const ONE_BY_ONE = ms(0, 3_000);

/** What happens to the bad disk around an outage: before power fails, or while it is off. Often, for not all of it matters. */
const TROUBLES = [
  "fsync-failure",
  "fsync-failure",
  "misdirected-write",
  "bit-rot",
  "bit-rot",
  "bit-rot",
  "disk-wipe",
] as const;

function outage(replicas: readonly string[], bad: string, from: Micros): fc.Arbitrary<Fault[]> {
  return fc
    .record({
      begin: ms(0, 1_500).map((later) => from + later),
      delay: fc.constantFrom(AT_ONCE, ONE_BY_ONE),
      stalled: fc.subarray([...replicas]),
      trouble: fc.constantFrom(...TROUBLES),
    })
    .chain(({ begin, delay, stalled, trouble }) =>
      together(
        ...replicas.map((id) =>
          prescribed<"crash">({
            kind: fc.constant("crash"),
            target: fc.constant(id),
            at: delay.map((later) => begin + later),
            for: ms(100, 3_000),
          }),
        ),
        ...stalled.map((id) =>
          prescribed<"disk-stall">({
            kind: fc.constant("disk-stall"),
            target: fc.constant(id),
            at: ms(20, 600).map((before) => begin - before),
            for: ms(300, 1_500),
          }),
        ),
        troubles(trouble, bad, begin),
      ),
    );
}

function troubles(trouble: (typeof TROUBLES)[number], bad: string, begin: Micros): fc.Arbitrary<Fault[]> {
  const target = fc.constant(bad);
  const before = ms(0, 2_000).map((earlier) => begin - earlier);
  const off = ms(0, 1_000).map((later) => begin + later);
  switch (trouble) {
    case "fsync-failure":
      return several<"fsync-failure">({ min: 2, max: 8 }, { kind: fc.constant(trouble), target, at: before });
    case "misdirected-write":
      return several<"misdirected-write">(
        { min: 1, max: 3 },
        { kind: fc.constant(trouble), target, at: before },
      );
    case "bit-rot":
      return several<"bit-rot">({ min: 3, max: 10 }, { kind: fc.constant(trouble), target, at: off });
    case "disk-wipe":
      return prescribed<"disk-wipe">({ kind: fc.constant(trouble), target, at: off, for: ms(100, 2_000) });
  }
}

export const powerLoss = pipelineScenario({
  id: "power-loss",
  title: "all replicas lose power, again and again, and one of them has a bad disk",
  shows:
    "Every few seconds all replicas lose power, at once or one after the other, often while their fsyncs are stuck; one replica's disk " +
    "fails fsyncs, rots, misplaces writes and is emptied. Nothing that was acknowledged is ever missing.",
  workload: { orders: { min: 16, max: 30 }, redelivered: 30 },
  knobs: { "raft.snapshotEvery": 24 },
  storm: ({ replicas }) =>
    fc
      .constantFrom(...replicas)
      .chain((bad) =>
        together(
          ...Array.from({ length: OUTAGES }, (_, n) => outage(replicas, bad, FIRST_OUTAGE + n * APART)),
        ),
      ),
  mustFire: ["crash", "disk-stall", "fsync-failure", "bit-rot", "misdirected-write", "disk-wipe"],
  goals: ["raft: log-repaired", "raft: recovered-by-rejoin"],
});
