/**
 * A whole provider is gone for a while: its replica, its gateway, its workers, its object storage. Three voters on
 * three providers keep a quorum, so orders must go on being accepted and acknowledged while it is gone, and
 * nothing that was accepted before may be missing after.
 */
import * as fc from "fast-check";
import { prescribed, seconds } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const providerLoss = pipelineScenario({
  id: "provider-loss",
  title: "a whole provider is lost and comes back",
  shows:
    "One of three providers goes dark for 14 to 24 seconds, with its replica, gateway, workers and object storage. " +
    "The surviving two voters are a quorum: acceptance and acknowledgement go on, and no accepted order is lost.",
  storm: () =>
    prescribed<"domain-loss">({
      kind: fc.constant("domain-loss"),
      target: fc.constantFrom("provider/aws", "provider/gcp", "provider/azure"),
      at: seconds(5, 9),
      for: seconds(14, 24),
    }),
  mustFire: ["domain-loss"],
  goals: ["raft: election-under-load", "redelivery"],
});
