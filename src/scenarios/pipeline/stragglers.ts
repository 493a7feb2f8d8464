/**
 * Replicas that fall so far behind that nobody has the entries any more which they lack. One after the other is down or
 * out of reach while orders come in a hurry and logs are kept short; when it is back it gets a snapshot, and just then its host crashes,
 * its leader is lost, or it must stand for election with nothing but that snapshot.
 */
import * as fc from "fast-check";
import {
  type Fault,
  type Micros,
  ms,
  prescribed,
  SECOND,
  seconds,
  several,
  soonAfter,
  together,
} from "seedstorm";
import { pipelineScenario } from "./define.js";

const FIRST_ABSENCE: Micros = 4 * SECOND;
/** From one absence to the next: who was away has a moment to catch up. */
const APART: Micros = 7 * SECOND;
const ABSENCES = 3;
const AWAY = ms(4_000, 6_000);

/** One replica is down, or reaches none of the others, while those go on. */
function absence(replicas: readonly string[], from: Micros): fc.Arbitrary<Fault[]> {
  const one = fc.constantFrom(...replicas);
  const at = ms(0, 1_000).map((later) => from + later);
  return fc.oneof(
    prescribed<"crash">({ kind: fc.constant("crash"), target: one, at, for: AWAY }),
    prescribed<"partition">({
      kind: fc.constant("partition"),
      a: fc.tuple(one),
      b: fc.constant(["*"]),
      oneWay: fc.constant(false),
      at,
      for: AWAY,
    }),
  );
}

export const stragglers = pipelineScenario({
  id: "stragglers",
  title: "replicas fall behind what the others still keep, and must begin with a snapshot",
  shows:
    "Three times a replica is away for 4 to 6 seconds while logs are kept short. It comes back to a snapshot, and soon after that hosts crash and " +
    "leaders are cut off. Who begins with a snapshot has the state of the others, and counts as having the log that led there.",
  workload: { orders: { min: 40, max: 60 } },
  knobs: { "raft.snapshotEvery": 8 },
  storm: ({ replicas }) =>
    together(
      ...Array.from({ length: ABSENCES }, (_, n) => absence(replicas, FIRST_ABSENCE + n * APART)),
      several<"crash">(
        { min: 2, max: 5 },
        {
          kind: fc.constant("crash"),
          target: fc.constantFrom("@", ...replicas),
          at: seconds(4, 26),
          trigger: soonAfter(["snapshot-installed"], 3, 1_500),
          for: ms(50, 2_500),
        },
      ),
      several<"partition">(
        { min: 1, max: 3 },
        {
          kind: fc.constant("partition"),
          a: fc.constantFrom(...replicas).map((id) => [id]),
          b: fc.constant([...replicas]),
          oneWay: fc.boolean(),
          at: seconds(4, 24),
          trigger: soonAfter(["snapshot-installed"], 2, 500),
          for: ms(1_500, 4_000),
        },
      ),
    ),
  mustFire: ["crash", "partition"],
  goals: ["raft: snapshot-installed", "raft: election-under-load"],
});
