/** Everybody wants the same product, of which there is not enough; some cancel, and more comes in. */
import { faultsOf, SECOND } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario, SERVICE_GROUND } from "./define.js";
import { STOCK_STORE_HOST } from "./topology.js";

export const stockRaces = ordersScenario({
  id: "orders-stock-races",
  title: "a run on one hot product",
  shows:
    "Orders for one product collide at the stock store, and it runs out and is restocked meanwhile. No piece is sold twice, none is lost, reservations of lost " +
    "workers run out, and nobody is turned away while there is enough.",
  workload: {
    orders: { min: 25, max: 60 },
    burst: 6 * SECOND,
    hot: 90,
    cancelled: 15,
    restocks: { min: 2, max: 6 },
    products: 3,
  },
  knobs: { products: 3, stockPerProduct: 30 },
  storm: faultsOf(
    ["crash", "pause", "disk-slow"],
    {
      ...SERVICE_GROUND,
      hosts: SERVICE_GROUND.hosts.filter(({ role }) => role === "orders" || role === "inventory"),
      replicas: [STOCK_STORE_HOST],
    },
    { min: 0, max: 3 },
  ),
  mustFire: ["crash", "pause", "disk-slow"],
  goals: [GOALS.versionConflict, GOALS.outOfStock, GOALS.completed, GOALS.released],
});
