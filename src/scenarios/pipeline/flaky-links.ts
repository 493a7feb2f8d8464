/**
 * Gray failures of the network: packets are lost, come twice, overtake each other, crawl, queue at a narrow link,
 * or are held back and come all at once. Nothing is ever cleanly up or down.
 */
import { swarm } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const flakyLinks = pipelineScenario({
  id: "flaky-links",
  title: "gray failures of the network: loss, duplication, reordering, slow and narrow links",
  shows:
    "A random mix of everything that can be wrong with a link without it being down. Requests are repeated and come twice; " +
    "no order is appended twice and no charge made twice.",
  storm: (scope) =>
    swarm(["loss", "duplication", "reorder", "slow-link", "flaky-link", "clog", "bandwidth"], scope, 4),
  mustFire: ["loss", "duplication", "reorder", "slow-link", "flaky-link", "clog", "bandwidth"],
  goals: ["duplicate webhook replayed"],
});
