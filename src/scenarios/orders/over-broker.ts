/** Order events go over a topic that three brokers keep, which crash and are cut off as all others do. */
import { type FaultScope, faultsOf, together } from "seedstorm";
import { GOALS as BROKER_GOALS } from "../../model/channels/goals.js";
import { MAIL } from "../../model/orders/external/mail.js";
import { GOALS } from "../../model/orders/goals.js";
import { brokerScenario, SCOPE } from "./define.js";
import { BROKERS } from "./topology.js";

const brokers: FaultScope = { ...SCOPE, hosts: BROKERS, replicas: [] };
const ends: FaultScope = {
  ...SCOPE,
  hosts: SCOPE.hosts.filter(({ role }) => role === "orders" || role === "notifier"),
  replicas: [],
};

export const overBroker = brokerScenario({
  id: "orders-over-broker",
  title: "order events over a topic of the replicated broker",
  shows:
    "The publisher hands order events to a topic that three brokers keep, and the notifier receives them from there. Brokers, publishers and the notifier crash, stand " +
    "still and are cut off, and the mail service refuses and hangs. Each completed order is confirmed, once, whoever was away.",
  workload: { orders: { min: 12, max: 30 } },
  storm: together(
    faultsOf(["crash", "pause", "partition"], brokers, { min: 1, max: 3 }),
    faultsOf(["crash", "crash-point", "pause", "partition"], ends, { min: 1, max: 3 }),
    faultsOf(
      ["external-errors", "external-hang", "external-lost-reply"],
      { ...SCOPE, services: [MAIL] },
      { min: 0, max: 2 },
    ),
  ),
  mustFire: ["crash", "pause", "partition", "external-errors", "external-hang", "external-lost-reply"],
  goals: [GOALS.completed, GOALS.confirmed, BROKER_GOALS.redelivered, BROKER_GOALS.sentTwiceKeptOnce],
});
