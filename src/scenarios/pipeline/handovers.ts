/**
 * Operators relieve hosts of what they lead, again and again, as before maintenance, and the word to the successor is often lost: links from the
 * leader are cut for a moment just then, too short for anybody to miss it. A leader that has asked and was not followed
 * goes on; requests that it refused meanwhile are answered when they are sent again.
 */
import * as fc from "fast-check";
import { type HostSpec, ms, type Operation, seconds, several, soonAfter, together } from "seedstorm";
import { pipelineScenario } from "./define.js";
import { operations } from "./operators.js";
import { topologyOf, withRole } from "./topology.js";

const VOTERS = withRole(topologyOf("spares"), "replica").map(({ id }) => id);

/** Each time all groups that one host leads go to another. */
function maintenance(topology: readonly HostSpec[]): fc.Arbitrary<Operation[]> {
  const handover = fc
    .tuple(seconds(4, 30), fc.shuffledSubarray(VOTERS, { minLength: 2, maxLength: 2 }))
    .map(([at, [from = "", to = ""]]) => ({ at, action: "hand-over", body: { from, to } }));
  return fc
    .array(handover, { minLength: 10, maxLength: 20, size: "max" })
    .map((draws) => operations(topology, draws));
}

export const handovers = pipelineScenario({
  id: "handovers",
  title: "leaders hand over to others, and the word to the successor is lost",
  shows:
    "An operator has hosts hand over what they lead, ten to twenty times, while links from the leader are cut for a moment, or its successor stands still or crashes. A handover comes through, " +
    "or is called off and the leader goes on: orders are accepted and done either way, and nothing is done twice.",
  preset: "spares",
  workload: { orders: { min: 30, max: 50 } },
  operations: maintenance,
  storm: () =>
    together(
      several<"partition">(
        { min: 6, max: 12 },
        {
          kind: fc.constant("partition"),
          a: fc.constant(["@"]),
          b: fc.constant(VOTERS),
          oneWay: fc.constant(true),
          at: seconds(4, 28),
          trigger: soonAfter(["handover-asked"], 2, 120),
          for: ms(50, 500),
        },
      ),
      several<"pause">(
        { min: 0, max: 3 },
        {
          kind: fc.constant("pause"),
          target: fc.constantFrom(...VOTERS),
          at: seconds(4, 28),
          for: ms(100, 1_500),
        },
      ),
      several<"crash">(
        { min: 0, max: 2 },
        {
          kind: fc.constant("crash"),
          target: fc.constantFrom(...VOTERS),
          at: seconds(4, 28),
          for: ms(100, 1_500),
        },
      ),
    ),
  mustFire: ["partition"],
  certain: ["raft: handed-over"],
  goals: ["raft: handed-over", "raft: handover-called-off"],
});
