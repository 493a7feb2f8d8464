/**
 * Zones are lost, perhaps two of them one after another or at the same time. A zone holds at most one voter, and
 * zones of one provider never hold a quorum, so that at most two zones of one provider may be gone at once.
 */
import * as fc from "fast-check";
import { prescribed, seconds, together } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const zoneLoss = pipelineScenario({
  id: "zone-loss",
  title: "two zones of one provider are lost, one after the other or together",
  shows:
    "Zones of one provider go dark for a few seconds each. The replica, the gateway and the lease's holder may be hit; " +
    "the lease changes hands and the old holder's writes are refused.",
  storm: () =>
    together(
      prescribed<"domain-loss">({
        kind: fc.constant("domain-loss"),
        target: fc.constantFrom("zone/aws/us-east/a", "zone/azure/west/1"),
        at: seconds(5, 16),
        for: seconds(4, 14),
      }),
      prescribed<"domain-loss">({
        kind: fc.constant("domain-loss"),
        target: fc.constantFrom("zone/aws/us-east/b", "zone/azure/west/2"),
        at: seconds(5, 16),
        for: seconds(4, 14),
      }),
    ),
  mustFire: ["domain-loss"],
  goals: ["lease changed hands"],
});
