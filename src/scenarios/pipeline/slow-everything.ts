/**
 * Nothing is broken and everything is slow: links, disks, services, hosts that stand still for a moment. Time-outs
 * fire although the work is being done, so that requests are repeated while the first one is still under way.
 */
import { swarm } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const slowEverything = pipelineScenario({
  id: "slow-everything",
  title: "links, disks, services and hosts are many times slower than usual",
  shows:
    "Latencies multiplied by up to a hundred. Whatever times out is still under way: repeats meet their originals, and nothing is done twice.",
  storm: (scope) =>
    swarm(
      ["slow-link", "disk-slow", "disk-stall", "external-slow", "pause", "bandwidth", "clock-drift"],
      scope,
      5,
    ),
  mustFire: ["slow-link", "disk-slow", "disk-stall", "external-slow", "pause", "bandwidth"],
  goals: ["payment retried"],
});
