/**
 * The disks of the replicas: crashes that lose what was not fsynced and tear the last write, bits that rot, writes
 * that land elsewhere, sectors that can't be read, an fsync that fails and forgets, disks that are full, slow,
 * stalled, or empty after a restart. At most one replica's stored data is damaged in a run, as three voters can survive.
 */
import { faultsOf, swarm, together } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const diskTrouble = pipelineScenario({
  id: "disk-trouble",
  title: "rot, torn and misdirected writes, failing fsyncs, full, slow, stalled and wiped disks",
  shows:
    "Everything that a disk can do to a replicated log. A replica whose acknowledged data is damaged takes no part until it has been " +
    "rebuilt from the others under a new content generation.",
  storm: (scope) => {
    const replicas = { ...scope, hosts: scope.hosts.filter((spec) => spec.role === "replica") };
    return together(
      swarm(
        [
          "bit-rot",
          "misdirected-write",
          "latent-sector-error",
          "fsync-failure",
          "disk-full",
          "disk-slow",
          "disk-stall",
          "disk-wipe",
        ],
        replicas,
        2,
      ),
      faultsOf(["crash", "crash-point"], replicas, { min: 1, max: 5 }),
    );
  },
  mustFire: [
    "bit-rot",
    "misdirected-write",
    "latent-sector-error",
    "fsync-failure",
    "disk-full",
    "disk-slow",
    "disk-stall",
    "disk-wipe",
    "crash",
  ],
  goals: ["raft: recovered-by-rejoin"],
});
