/**
 * A region is gone. Depending on which, the pipeline loses a replica, a gateway or only a worker; whichever it is,
 * the rest goes on, and deliveries that the region's worker held come back after their visibility time-out.
 */
import * as fc from "fast-check";
import { prescribed, seconds } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const regionLoss = pipelineScenario({
  id: "region-loss",
  title: "a region is lost and comes back",
  shows:
    "One region goes dark for 8 to 16 seconds. Deliveries that its worker held are redelivered elsewhere, " +
    "and the payment service sees each order once.",
  storm: () =>
    prescribed<"domain-loss">({
      kind: fc.constant("domain-loss"),
      target: fc.constantFrom(
        "region/aws/us-east",
        "region/aws/eu-west",
        "region/gcp/central",
        "region/azure/west",
      ),
      at: seconds(6, 14),
      for: seconds(8, 16),
    }),
  mustFire: ["domain-loss"],
  goals: ["redelivery"],
});
