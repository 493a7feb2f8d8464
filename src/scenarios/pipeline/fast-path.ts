/**
 * The weaker acknowledgement: the queue answers once its leader's own disk has the record. Replicas are cut off from
 * each other while gateways still reach them all, so that an old leader goes on accepting what the next leader
 * will never have heard of. Accepted orders are lost at the failover (GW8), and with them what was already delivered of
 * them: that is what this mode means, and this scenario says so.
 */
import * as fc from "fast-check";
import { prescribed, seconds, together } from "seedstorm";
import { pipelineScenario } from "./define.js";
import { topologyOf, withRole } from "./topology.js";

const REPLICAS = withRole(topologyOf("hardened"), "replica").map((spec) => spec.id);

/** One replica that can't talk to the others for a while. */
const cutOff = (low: number, high: number) =>
  prescribed<"partition">({
    kind: fc.constant("partition"),
    a: fc.constantFrom(...REPLICAS).map((id) => [id]),
    b: fc.constant(REPLICAS),
    oneWay: fc.constant(false),
    at: seconds(low, high),
    for: seconds(4, 8),
  });

export const fastPath = pipelineScenario({
  id: "fast-path",
  title: "acknowledgement on the local fast path loses accepted orders at a failover",
  shows:
    "The queue answers before a quorum has the record. Three times a replica is cut off from the others while everybody else " +
    "reaches it: what it accepted as the old leader is gone when another leads.",
  knobs: { acknowledgement: "local-fast-path" },
  workload: { orders: { min: 30, max: 50 } },
  storm: () => together(cutOff(5, 8), cutOff(14, 17), cutOff(23, 25)),
  mustFire: ["partition"],
  goals: ["raft: election-under-load"],
  expectedViolations: ["accepted-orders-stay-readable", "no-ack-before-effect", "effects-are-as-recorded"],
});
