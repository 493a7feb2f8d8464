/** The stock store is away for a while; later the inventory does what it is asked, and nobody hears of it. */
import * as fc from "fast-check";
import { MILLISECOND, ms, prescribed, together } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { ordersScenario } from "./define.js";
import { STOCK_STORE_HOST } from "./topology.js";

/** For longer than any instance of the inventory goes without asking it. */
const outage = prescribed<"crash">({
  kind: fc.constant("crash"),
  target: fc.constant(STOCK_STORE_HOST),
  at: fc.integer({ min: 3_000, max: 4_500 }).map((n) => n * 1_000),
  for: ms(2_500, 3_500),
});

/** Answers to the order service wait for so long that whoever asks never gets to commit what it has reserved. */
const unheard = fc
  .record({ at: fc.integer({ min: 20_000, max: 22_000 }), span: fc.integer({ min: 6_500, max: 8_500 }) })
  .chain(({ at, span }) =>
    together(
      ...["inventory-1", "inventory-2"].flatMap((from) =>
        ["orders-1", "orders-2"].map((to) =>
          prescribed<"clog">({
            kind: fc.constant("clog"),
            from: fc.constant(from),
            to: fc.constant(to),
            at: fc.constant(at * 1_000),
            for: fc.constant(span * 1_000),
          }),
        ),
      ),
    ),
  );

export const stuckReservations = ordersScenario({
  id: "orders-stuck-reservations",
  title: "reservations that nobody comes back for",
  shows:
    "The stock store is away for some seconds. When it has long been back, the inventory reserves what it is asked for, its answers are held up, and nobody commits " +
    "anything. What has run out is given back within seconds all the same, and is there for others.",
  workload: { orders: { min: 30, max: 60 }, hot: 60, products: 3, restocks: { min: 5, max: 12 } },
  knobs: { reservationTtl: 400 * MILLISECOND, products: 3, stockPerProduct: 40 },
  storm: together(outage, unheard),
  mustFire: ["crash", "clog"],
  goals: [GOALS.reservationExpired, GOALS.reservedAnew, GOALS.completed],
});
