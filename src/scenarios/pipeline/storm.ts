/**
 * All of it: each universe turns on a random subset of every kind of fault there is, within what three voters can
 * survive, and code points that welcome trouble (buggify) are on. All properties hold, and after the quiet period
 * nothing is left undone.
 */
import { FAULT_KINDS } from "../../sim/faults.js";
import { swarm } from "../swarm.js";
import { pipelineScenario } from "./define.js";
import { operatorDoings } from "./operators.js";

export const storm = pipelineScenario({
  id: "storm",
  title: "a swarm of everything that can go wrong",
  shows:
    "Every kind of fault, a random subset of them in each universe, with intensities of its own. Every property of the pipeline, of its " +
    "replication and of the world holds; once the storm is over, everything accepted gets done.",
  workload: { orders: { min: 6, max: 18 } },
  knobs: { buggify: true },
  storm: (ground) =>
    swarm(
      FAULT_KINDS,
      { ...ground, services: ["payments", "objects-aws", "objects-gcp", "objects-azure"] },
      2,
    ),
  operations: (topology, from, to) => operatorDoings(topology, from, to, 4),
  promisesFaults: FAULT_KINDS,
  goals: [
    "raft: election-under-load",
    "raft: snapshot-installed",
    "raft: recovered-by-rejoin",
    "redelivery",
    "reservation taken over",
    "duplicate webhook replayed",
    "conflict refused",
    "lease changed hands",
    "stale holder fenced",
    "checkpoint saved",
    "checkpoint restored",
    "payment retried",
    "dead letter",
    "observation refused",
  ],
});
