/**
 * A zone or a whole provider is lost early and never comes back, or an upgrade stops half-way and stays so; nothing else goes wrong,
 * and shops go on. Those that are left elect, take leases and deliveries over, and serve as if nobody were missing: judged while the
 * loss lasts, which is until the end.
 */
import * as fc from "fast-check";
import {
  type Fault,
  MILLISECOND,
  prescribed,
  rollout,
  SECOND,
  seconds,
  together,
  type Upgrade,
} from "seedstorm";
import { pipelineScenario } from "./define.js";
import { topologyOf, withRole } from "./topology.js";

/** Each with a minority of the voters, and with somebody else who does the same work. */
const LOST = [
  "provider/aws",
  "provider/gcp",
  "provider/azure",
  "zone/aws/us-east/a",
  "zone/aws/us-east/b",
  "zone/azure/west/1",
  "zone/azure/west/2",
];

const REPLICA: Upgrade = {
  hosts: withRole(topologyOf("hardened"), "replica").map(({ id }) => id),
  settings: { "raft.snapshotEvery": 16, observeInterval: 3_000 * MILLISECOND },
};

export const lastingLoss = pipelineScenario({
  id: "lasting-loss",
  title: "a zone or a provider is lost for good, and the others go on without it",
  shows:
    "Between 4 and 8 seconds a zone or a provider is lost, and its hosts never come back; some replicas have other settings than the rest. From soon after that on " +
    "each webhook is answered, each record is done, and somebody keeps the lease, for the rest of the run.",
  workload: { orders: { min: 20, max: 36 }, to: 46 * SECOND },
  storm: (scope) =>
    together(
      prescribed<"host-loss">({
        kind: fc.constant("host-loss"),
        target: fc.constantFrom(...LOST),
        at: seconds(4, 8),
      }),
      fc.oneof(rollout({ ...scope, healAt: 8 * SECOND }, REPLICA), fc.constant<Fault[]>([])),
    ),
  mustFire: ["host-loss"],
  certain: ["survivors-are-served"],
  goals: ["raft: election-under-load", "lease changed hands", "redelivery"],
});
