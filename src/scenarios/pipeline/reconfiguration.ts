/**
 * Operators replace replica hosts while the group works, two of them at the same time and unaware of each other, and change
 * their minds later, while leaders crash and are cut off in the middle of it. Members change one at a time
 * all the same, and no majority of old members ever decides without one of the new.
 */
import * as fc from "fast-check";
import {
  type HostSpec,
  type Micros,
  ms,
  type Operation,
  seconds,
  several,
  soonAfter,
  together,
} from "seedstorm";
import { pipelineScenario } from "./define.js";
import { operations } from "./operators.js";
import { topologyOf, withRole } from "./topology.js";

const HOSTS = withRole(topologyOf("spares"), "replica", "replica-spare").map(({ id }) => id);

interface Replacement {
  readonly at: Micros;
  readonly out: string;
  readonly in: string;
}

/** Two replacements that begin within a moment of each other. */
function pair(from: number, to: number): fc.Arbitrary<Replacement[]> {
  return fc
    .tuple(seconds(from, to), fc.shuffledSubarray(HOSTS, { minLength: 4, maxLength: 4 }), ms(0, 800))
    .map(([at, [a = "", b = "", c = "", d = ""], later]) => [
      { at, out: a, in: b },
      { at: at + later, out: c, in: d },
    ]);
}

function replacements(topology: readonly HostSpec[]): fc.Arbitrary<Operation[]> {
  return fc.tuple(pair(4, 7), pair(12, 18), pair(22, 27)).map((pairs) =>
    operations(
      topology,
      pairs.flat().map(({ at, ...body }) => ({ at, action: "replace-replica", body })),
    ),
  );
}

export const reconfiguration = pipelineScenario({
  id: "reconfiguration",
  title: "operators replace replica hosts, several at once, while leaders crash and are cut off",
  shows:
    "Two spare hosts take the places of replicas and give them back, group by group, with short crashes and partitions aimed at elections and " +
    "at changes of members. What is committed under one configuration is there under the next.",
  preset: "spares",
  storm: () => {
    const host = fc.constantFrom(...HOSTS);
    return together(
      several<"crash">(
        { min: 1, max: 4 },
        { kind: fc.constant("crash"), target: host, at: seconds(4, 30), for: ms(100, 3_000) },
      ),
      several<"crash">(
        { min: 1, max: 4 },
        {
          kind: fc.constant("crash"),
          target: fc.constant("@"),
          at: seconds(4, 28),
          trigger: soonAfter(["members-changed", "leader-elected"], 3, 300),
          for: ms(100, 3_000),
        },
      ),
      several<"partition">(
        { min: 2, max: 6 },
        {
          kind: fc.constant("partition"),
          a: fc.tuple(host),
          b: fc.oneof(fc.tuple(host), fc.constant(HOSTS)),
          oneWay: fc.boolean(),
          at: seconds(4, 29),
          for: ms(300, 4_000),
        },
      ),
    );
  },
  operations: replacements,
  mustFire: ["crash", "partition"],
  goals: ["raft: membership-changed", "replica replaced"],
});
