/**
 * Partitions of every shape: the world split in two, one replica isolated, a bridge that two sides can see while
 * they can't see each other, and links that carry one way only. Two leaders may believe in themselves at the
 * same time; only one of them may commit.
 */
import { faultsOf } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const splitBrain = pipelineScenario({
  id: "split-brain",
  title: "partitions: symmetric, one-way, isolating, bridged",
  shows:
    "Two to six partitions of any shape, some of them one-way. An old leader that is cut off steps down or can't commit, " +
    "and no term ever has two leaders.",
  storm: (scope) => faultsOf(["partition"], scope, { min: 2, max: 6 }),
  mustFire: ["partition"],
  goals: ["raft: election-under-load", "raft: leader-stepped-down"],
});
