/**
 * Shops deliver most webhooks more than once, some with the key of another order, some that make no sense, while
 * gateways crash between the steps of acceptance. A key is accepted once, every success for it names the same
 * offset, and another payload under the same key is refused.
 */
import { faultsOf, together } from "seedstorm";
import { pipelineScenario } from "./define.js";

export const duplicateWebhooks = pipelineScenario({
  id: "duplicate-webhooks",
  title: "webhooks come again and again, some with another payload, while gateways crash",
  shows:
    "Six of ten webhooks are delivered again, one of ten again with another amount, one of ten is malformed. Gateways crash between " +
    "reserving, appending and completing, so that reservations are taken over.",
  workload: { orders: { min: 12, max: 30 }, redelivered: 60, conflicting: 12, malformed: 12 },
  storm: (scope) => {
    const gateways = {
      ...scope,
      hosts: scope.hosts.filter((spec) => spec.role === "gateway"),
      replicas: [],
    };
    return together(
      faultsOf(["crash-point", "crash", "pause"], gateways, { min: 2, max: 6 }),
      faultsOf(["loss", "duplication"], scope, { min: 0, max: 3 }),
    );
  },
  mustFire: ["crash", "pause"],
  goals: ["duplicate webhook replayed", "conflict refused", "reservation taken over"],
});
