/**
 * Members change, and those who come back afterwards begin with a snapshot. Logs are kept short, so that a change of members is soon in
 * nobody's log any more and a snapshot alone says who belongs to the group; then power fails, here and there while a change is
 * appended and not yet committed, and in the end everywhere.
 */
import * as fc from "fast-check";
import {
  type HostSpec,
  ms,
  type Operation,
  prescribed,
  seconds,
  several,
  soonAfter,
  together,
} from "seedstorm";
import { pipelineScenario } from "./define.js";
import { operations } from "./operators.js";
import { topologyOf, withRole } from "./topology.js";

const HOSTS = withRole(topologyOf("spares"), "replica", "replica-spare").map(({ id }) => id);
const [VOTERS, SPARES] = ["replica", "replica-spare"].map((role) =>
  withRole(topologyOf("spares"), role).map(({ id }) => id),
) as [string[], string[]]; // two roles

/** One replica makes room for a spare host early, and another one for the other spare later. */
function replacements(topology: readonly HostSpec[]): fc.Arbitrary<Operation[]> {
  const pick = fc.shuffledSubarray(VOTERS, { minLength: 2, maxLength: 2 });
  return fc.tuple(pick, fc.tuple(seconds(4, 5), seconds(15, 18))).map(([outs, times]) =>
    operations(
      topology,
      times.map((at, i) => ({
        at,
        action: "replace-replica",
        body: { out: outs[i] ?? "", in: SPARES[i] ?? "" },
      })),
    ),
  );
}

export const changedMembers = pipelineScenario({
  id: "changed-members",
  title: "members change while logs are kept short, and all hosts come back from snapshots",
  shows:
    "Two spare hosts take the places of replicas while the log is cut every few entries. Hosts crash when a change is in their logs and not committed, and when " +
    "they were sent a snapshot; near the end all lose power. Each comes back with the members that its snapshot says, and acts on them.",
  preset: "spares",
  workload: { orders: { min: 40, max: 60 } },
  knobs: { "raft.snapshotEvery": 8 },
  operations: replacements,
  storm: () =>
    together(
      several<"crash">(
        { min: 2, max: 5 },
        {
          kind: fc.constant("crash"),
          target: fc.constant("@"),
          at: seconds(4, 20),
          trigger: soonAfter(["members-appended"], 4, 40),
          for: ms(100, 2_500),
        },
      ),
      several<"partition">(
        { min: 1, max: 3 },
        {
          kind: fc.constant("partition"),
          a: fc.constant(["@"]),
          b: fc.constant(HOSTS),
          oneWay: fc.boolean(),
          at: seconds(4, 18),
          trigger: soonAfter(["members-appended", "leader-elected"], 3, 10),
          for: ms(1_000, 3_000),
        },
      ),
      several<"crash">(
        { min: 1, max: 3 },
        {
          kind: fc.constant("crash"),
          target: fc.constant("@"),
          at: seconds(4, 24),
          trigger: soonAfter(["snapshot-installed"], 3, 800),
          for: ms(50, 1_500),
        },
      ),
      ...HOSTS.map((id) =>
        prescribed<"crash">({
          kind: fc.constant("crash"),
          target: fc.constant(id),
          at: ms(29_000, 30_500),
          for: ms(100, 2_000),
        }),
      ),
    ),
  mustFire: ["crash", "partition"],
  certain: ["raft: membership-changed", "raft: recovered-with-changed-members"],
  goals: [
    "raft: membership-changed",
    "raft: recovered-with-changed-members",
    "raft: membership-undone",
    "raft: snapshot-installed",
    "replica replaced",
  ],
});
