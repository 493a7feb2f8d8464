/**
 * Elections, one after another: replicas crash and are back before the term that they voted in is over, stand still,
 * hear others who don't hear them, and lose a good part of what they say to each other. So there are several candidates in
 * a term, votes that are asked for again after a restart, leaders that don't know that they were deposed, and
 * entries of older terms that a new leader finds in its log.
 */
import * as fc from "fast-check";
import { ms, seconds, several, soonAfter, together } from "seedstorm";
import { cutsAndLoss } from "./badly-heard.js";
import { pipelineScenario } from "./define.js";

export const elections = pipelineScenario({
  id: "elections",
  title: "replicas crash for moments, stand still and hear each other badly while they elect",
  shows:
    "Some dozens of crashes that last less than an election, pauses, one-way partitions between replicas and heavy loss. Nobody votes twice " +
    "in a term, no term has two leaders, and what one leader committed the next one has.",
  workload: { orders: { min: 6, max: 14 } },
  storm: ({ replicas }) => {
    const replica = fc.constantFrom(...replicas);
    return together(
      several<"crash">(
        { min: 12, max: 30 },
        { kind: fc.constant("crash"), target: replica, at: seconds(3, 32), for: ms(20, 400) },
      ),
      several<"crash">(
        { min: 4, max: 10 },
        {
          kind: fc.constant("crash"),
          target: fc.constant("@"),
          at: seconds(3, 30),
          trigger: soonAfter(["term-begun", "vote-granted"], 4, 120),
          for: ms(20, 500),
        },
      ),
      several<"pause">(
        { min: 2, max: 6 },
        { kind: fc.constant("pause"), target: replica, at: seconds(3, 29), for: ms(300, 4_000) },
      ),
      ...cutsAndLoss(replica, { min: 8, max: 20 }, { min: 3, max: 6 }),
    );
  },
  mustFire: ["crash", "pause", "partition", "loss"],
  goals: ["raft: election-under-load", "raft: leader-stepped-down"],
});
