/** Customers change their minds while their orders are being paid for. */
import * as fc from "fast-check";
import { type Fault, faultsOf, prescribed, SECOND, together } from "seedstorm";
import { PAYMENTS } from "../../model/orders/external/payment-provider.js";
import { GOALS } from "../../model/orders/goals.js";
import { HEAL_AT, ordersScenario, SCOPE } from "./define.js";

/** Much of what comes to a host comes twice. */
const twice = (to: string): fc.Arbitrary<Fault[]> =>
  prescribed({
    kind: fc.constant("duplication" as const),
    at: fc.constant(3 * SECOND),
    for: fc.constant(HEAL_AT - 3 * SECOND),
    from: fc.constant("*"),
    to: fc.constant(to),
    ratio: fc.constant(0.5),
  });

export const cancels = ordersScenario({
  id: "orders-cancels",
  title: "cancels that race the payment",
  shows:
    "Most orders are cancelled, at any moment of their way, while the payment provider is slow and loses replies. Who hears that an order is cancelled is " +
    "charged nothing for it; who hears that it is too late gets it.",
  workload: { orders: { min: 20, max: 45 }, cancelled: 60, drained: 30 },
  storm: together(
    faultsOf(
      ["external-slow", "external-lost-reply", "external-hang"],
      { ...SCOPE, services: [PAYMENTS] },
      { min: 1, max: 3 },
    ),
    twice("inventory-1"),
    twice("inventory-2"),
  ),
  mustFire: ["duplication", "external-slow", "external-lost-reply", "external-hang"],
  goals: [GOALS.cancelled, GOALS.cancelTooLate, GOALS.voided, GOALS.claimLost, GOALS.completed],
});
