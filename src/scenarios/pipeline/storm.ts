/**
 * All of it: each universe has a topology and settings of its own and turns on a random subset of every kind of fault there
 * is, within what its voters can survive, about half of the faults aimed at moments; and code points that welcome
 * trouble (buggify) are on. All properties hold, and after the quiet period nothing is left undone.
 */
import * as fc from "fast-check";
import { DAMAGE, MILLISECOND, STORM_KINDS, stormBy } from "seedstorm";
import { pipelineScenario } from "./define.js";
import { operatorActions } from "./operators.js";

const ms = (low: number, high: number) => fc.integer({ min: low, max: high }).map((n) => n * MILLISECOND);

/**
 * Settings within which a universe of a minute comes to rest: whatever is cut short by the heal is noticed, and done again,
 * in the first half of the quiet period.
 */
const KNOBS = fc.record({
  visibility: ms(3_000, 10_000),
  reservation: ms(2_500, 8_000),
  leaseTtl: ms(2_000, 7_000),
  maintenanceInterval: ms(3_000, 12_000),
  observeInterval: ms(3_000, 8_000),
  retryDelay: ms(200, 1_000),
  maxDeliver: fc.integer({ min: 3, max: 8 }),
  workerConcurrency: fc.integer({ min: 1, max: 4 }),
  "raft.snapshotEvery": fc.constantFrom(12, 24, 48, 96, 256, 256),
});

const SERVICES = ["payments", "objects-aws", "objects-gcp", "objects-azure"];

export const storm = pipelineScenario({
  id: "storm",
  title: "a swarm of everything that can go wrong, much of it at the worst moment",
  shows:
    "Every kind of fault, a random subset of them in each universe, with intensities of its own, about half of them aimed at moments: elections, first " +
    "writes, checkpoints, leases. Three voters, five, or three members of which one learns or is a witness; time-outs and sizes that differ. Every property " +
    "of the pipeline, of its replication and of the world holds; once the storm is over, everything accepted gets done.",
  workload: { orders: { min: 6, max: 18 } },
  knobs: { buggify: true },
  varied: {
    presets: ["hardened", "hardened", "hardened", "hardened", "five-voters", "learner", "witness"],
    knobs: KNOBS,
    strategy: "aimed",
    storm: (strategy, preset, scope) => {
      // With a witness the content of a committed entry may be on one disk alone.
      const kinds = preset === "witness" ? STORM_KINDS.filter((kind) => !DAMAGE.has(kind)) : STORM_KINDS;
      const stores = preset === "witness" ? SERVICES.filter((name) => name !== "objects-azure") : SERVICES;
      return stormBy(strategy, kinds, { ...scope, services: stores }, 2);
    },
  },
  operations: (topology, from, to) => operatorActions(topology, from, to, 4),
  mustFire: STORM_KINDS,
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
