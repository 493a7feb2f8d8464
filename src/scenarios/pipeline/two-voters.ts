/**
 * The drill as it is usually described: two voters on two providers, and AWS is lost. A majority of two is two,
 * so the surviving voter can answer nothing: no webhook is accepted, no effect recorded, no acknowledgement
 * committed. What must hold is that it fails closed, never half-way; that acceptance and acknowledgement go on (G13) does
 * not hold, and this scenario says so.
 */
import * as fc from "fast-check";
import { prescribed, seconds } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const twoVoters = pipelineScenario({
  id: "two-voters",
  title: "two voters, and one provider is lost: writes stop, and everything fails closed",
  shows:
    "With two voters a majority is both of them: losing AWS stops acceptance, effects and acknowledgements until it is back. " +
    "Nothing is accepted that isn't committed, and everything goes on once AWS returns.",
  preset: "source",
  // What such deployments claim. G13 holds them to it.
  knobs: { toleratesProviderLoss: true },
  workload: { orders: { min: 24, max: 36 } },
  storm: () =>
    prescribed<"domain-loss">({
      kind: fc.constant("domain-loss"),
      target: fc.constant("provider/aws"),
      at: seconds(5, 8),
      for: seconds(20, 25),
    }),
  mustFire: ["domain-loss"],
  expectedViolations: ["provider-loss-is-survived"],
});
