/** Carriers that refuse, hang, and make labels without saying so. */
import { faultsOf, SECOND, together } from "seedstorm";
import { CARRIERS } from "../../model/orders/external/carrier.js";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario, SCOPE } from "./define.js";

export const carriers = ordersScenario({
  id: "orders-carriers",
  title: "carriers of which nobody knows whether they have made a label",
  shows:
    "Calls of carriers hang, are refused, or are applied without a reply; workers crash in between. An order gets one label, by the second carrier only when " +
    "the first certainly has none; what can't be shipped now is shipped later.",
  workload: { orders: { min: 12, max: 35 }, remote: 20, nowhere: 4, declined: 0 },
  knobs: { reservationTtl: 3 * SECOND },
  storm: together(
    faultsOf(
      ["external-lost-reply", "external-hang"],
      { ...SCOPE, services: [CARRIERS[0]] },
      { min: 1, max: 2 },
    ),
    faultsOf(
      ["external-errors", "external-hang", "external-lost-reply"],
      { ...SCOPE, services: [...CARRIERS] },
      { min: 1, max: 4 },
    ),
    faultsOf(
      ["crash", "crash-point", "pause"],
      {
        ...SCOPE,
        hosts: SCOPE.hosts.filter(({ role }) => role === "orders" || role === "shipping"),
        replicas: [],
      },
      { min: 0, max: 2 },
    ),
  ),
  mustFire: ["external-errors", "external-hang", "external-lost-reply", "crash", "pause"],
  goals: [
    GOALS.alternateCarrier,
    GOALS.labelVoided,
    GOALS.pendingShipment,
    GOALS.shippedLater,
    GOALS.completed,
  ],
});
