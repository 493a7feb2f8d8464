/** The stock store has few connections, and is slow or away for a while: they run out. */
import { faultsOf, SECOND } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario, SCOPE } from "./define.js";
import { STOCK_STORE_HOST } from "./topology.js";

export const connections = ordersScenario({
  id: "orders-connections",
  title: "a stock store that runs out of connections",
  shows:
    "Four connections, many orders at once, and a store that stalls, stands still or crashes, as hosts do that hold connections. Who finds none waits or comes " +
    "again; no connection is lost for good.",
  workload: { orders: { min: 30, max: 60 }, burst: 10 * SECOND },
  knobs: { stockConnections: 4, stockPerProduct: 120 },
  storm: faultsOf(
    ["disk-stall", "pause", "crash", "slow-link"],
    {
      ...SCOPE,
      hosts: SCOPE.hosts.filter(({ role }) => role === "stock-store" || role === "inventory"),
      replicas: [STOCK_STORE_HOST],
    },
    { min: 2, max: 4 },
  ),
  mustFire: ["disk-stall", "pause", "crash", "slow-link"],
  goals: [GOALS.connectionAwaited, GOALS.connectionsExhausted, GOALS.completed],
});
