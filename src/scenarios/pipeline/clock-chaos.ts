/**
 * Every clock lies: offsets of a minute, drifts of five percent, jumps, strobes, clocks that stand still. Leases, visibility
 * time-outs and reservations must not depend on what any wall clock says, nor on two clocks agreeing.
 */
import { CLOCK_KINDS, swarm } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const clockChaos = pipelineScenario({
  id: "clock-chaos",
  title: "clocks are off, drift, jump, strobe and freeze",
  shows:
    "Wall clocks are wrong by up to two minutes and monotonic clocks by up to five percent. No lease is granted while another " +
    "holds it, and no delivery comes back before its time-out.",
  storm: (scope) => swarm(CLOCK_KINDS, scope, 6),
  mustFire: CLOCK_KINDS,
  goals: ["checkpoint saved"],
});
