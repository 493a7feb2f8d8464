/**
 * The consumer group allows workers of AWS only. Workers elsewhere are refused, every time, with a typed error that
 * changes nothing; and when all of AWS is lost, no other provider is tried in its place: the orders wait.
 */
import * as fc from "fast-check";
import { prescribed, seconds } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const placementDenied = pipelineScenario({
  id: "placement-denied",
  title: "a consumer group that allows one provider only, and loses it",
  shows:
    "Only AWS may process orders. Workers of GCP and Azure are denied; while AWS is lost nothing is rerouted, and the backlog is " +
    "processed when it is back.",
  knobs: { placement: "aws" },
  storm: () =>
    prescribed<"domain-loss">({
      kind: fc.constant("domain-loss"),
      target: fc.constantFrom("provider/aws", "region/aws/eu-west"),
      at: seconds(6, 14),
      for: seconds(6, 16),
    }),
  mustFire: ["domain-loss"],
  goals: ["placement denied"],
});
