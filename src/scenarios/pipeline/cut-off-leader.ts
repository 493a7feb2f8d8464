/**
 * One replica after the other can't talk to the other replicas for a while, though everybody else still reaches it. When it
 * led a group, it goes on being asked by those who don't know better, while the others have elected another leader.
 * It may answer nothing then: what it would read is old, and what it would write can't be committed.
 */
import * as fc from "fast-check";
import { prescribed, seconds, together } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const cutOffLeader = pipelineScenario({
  id: "cut-off-leader",
  title: "leaders are cut off from the other replicas while their clients still reach them",
  shows:
    "Four times a replica is cut off from the others for 4 to 6 seconds, and nobody else notices. An old leader makes sure of its " +
    "office before it answers a read, and commits nothing; whoever asks it finds the new one.",
  knobs: { maintenanceInterval: seconds(1) },
  workload: { orders: { min: 24, max: 40 } },
  storm: ({ replicas }) => {
    const cutOff = (low: number, high: number) =>
      prescribed<"partition">({
        kind: fc.constant("partition"),
        a: fc.tuple(fc.constantFrom(...replicas)),
        b: fc.constant([...replicas]),
        oneWay: fc.constant(false),
        at: seconds(low, high),
        for: seconds(4, 6),
      });
    return together(cutOff(5, 6), cutOff(12, 13), cutOff(19, 20), cutOff(26, 27));
  },
  mustFire: ["partition"],
  goals: ["raft: election-under-load", "raft: leader-stepped-down"],
});
