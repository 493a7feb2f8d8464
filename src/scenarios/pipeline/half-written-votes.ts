/**
 * Power fails within the fractions of a millisecond in which a term or a vote is being written, an answer is out, and the disk has not all of
 * it yet; it is back at once, while the election goes on and another candidate asks in the same term. Logs that differ after that are
 * cut, and power fails there too.
 */
import * as fc from "fast-check";
import {
  type Fault,
  MILLISECOND,
  type Micros,
  ms,
  prescribed,
  seconds,
  several,
  type Trigger,
  together,
} from "seedstorm";
import { cutsAndLoss } from "./badly-heard.js";
import { pipelineScenario } from "./define.js";

/** Most fsyncs take longer than this. */
const WITHIN_A_SYNC: Micros = MILLISECOND / 5;
/** Candidates that are lost in a run. */
const CANDIDATES = 5;

const atOnce = (moments: readonly string[], times: number): fc.Arbitrary<Trigger> =>
  fc.record({
    moment: fc.constantFrom(...moments),
    nth: fc.integer({ min: 1, max: times }),
    after: fc.integer({ min: 0, max: WITHIN_A_SYNC }),
  });

/**
 * A leader restarts, and whoever stands for its place first is not heard, and loses power as soon as it asks for votes. The next one
 * stands in the same term, and asks it for its own.
 */
function lostCandidate(replicas: readonly string[]): fc.Arbitrary<Fault[]> {
  return seconds(3, 26).chain((at) =>
    together(
      prescribed<"crash">({
        kind: fc.constant("crash"),
        target: fc.constantFrom(...replicas),
        at: fc.constant(at),
        for: ms(20, 200),
      }),
      prescribed<"partition">({
        kind: fc.constant("partition"),
        a: fc.constant(["@"]),
        b: fc.constant([...replicas]),
        oneWay: fc.constant(true),
        at: fc.constant(at),
        trigger: fc.constant({ moment: "term-begun", nth: 1, after: 0 }),
        for: ms(2_000, 4_000),
      }),
      prescribed<"crash">({
        kind: fc.constant("crash"),
        target: fc.constant("@"),
        at: fc.constant(at),
        trigger: fc.record({
          moment: fc.constant("candidacy-durable"),
          nth: fc.constant(1),
          after: fc.integer({ min: 0, max: WITHIN_A_SYNC }),
        }),
        for: ms(10, 120),
      }),
    ),
  );
}

export const halfWrittenVotes = pipelineScenario({
  id: "half-written-votes",
  title: "power fails while a term or a vote is being written, and is back before the election is over",
  shows:
    "Replicas stand for election against each other, and lose power for some milliseconds just when one of them has a new term, has given its vote, or cuts " +
    "its log. Whoever was promised a vote has it, and nobody else gets one in that term.",
  workload: { orders: { min: 6, max: 14 } },
  storm: ({ replicas }) => {
    const replica = fc.constantFrom(...replicas);
    return together(
      ...Array.from({ length: CANDIDATES }, () => lostCandidate(replicas)),
      several<"crash">(
        { min: 6, max: 12 },
        {
          kind: fc.constant("crash"),
          target: fc.constant("@"),
          at: seconds(3, 31),
          trigger: atOnce(["vote-granted", "term-durable", "candidacy-durable", "candidacy-durable"], 8),
          for: ms(10, 120),
        },
      ),
      several<"crash">(
        { min: 1, max: 4 },
        {
          kind: fc.constant("crash"),
          target: fc.constant("@"),
          at: seconds(3, 30),
          trigger: atOnce(["log-truncated"], 2),
          for: ms(20, 1_000),
        },
      ),
      ...cutsAndLoss(replica, { min: 4, max: 8 }, { min: 1, max: 3 }),
    );
  },
  mustFire: ["crash", "partition", "loss"],
  goals: ["raft: election-under-load", "raft: leader-stepped-down"],
});
