import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Change,
  commit,
  expire,
  fulfil,
  release,
  reservationKey,
  reserve,
  restock,
  restockKey,
  stockKey,
} from "../../../src/model/orders/stock.js";
import { Rows } from "../../../src/model/orders/store/rows.js";

const sound = { defect: () => false };
const SKUS = ["a", "b", "c"] as const;
const START = 10;

/** A stock as the store has it, and what it should come to: a count for each product and reservation. */
class Warehouse {
  readonly rows = new Rows();
  readonly stocked = new Map<string, number>(SKUS.map((sku) => [sku, START]));

  constructor() {
    this.rows.apply(
      SKUS.map((sku) => ({
        key: stockKey(sku),
        value: { sku, available: START, reserved: 0, fulfilled: 0 },
        version: 1,
        due: null,
      })),
    );
  }

  get stock() {
    return SKUS.map((sku) => this.rows.get(stockKey(sku)));
  }

  write(change: Change): Change {
    if (change.outcome !== "done") return change;
    const evaluation = this.rows.evaluate(change.writes, 0, true);
    if (!evaluation.ok) throw new Error(`refused at ${evaluation.current.key}`);
    this.rows.apply(evaluation.rows);
    return change;
  }

  piles(sku: string) {
    return this.rows.get(stockKey(sku)).value as { available: number; reserved: number; fulfilled: number };
  }

  status(order: string): string | undefined {
    return (this.rows.get(reservationKey(order)).value as { status?: string } | null)?.status;
  }
}

const lines = fc
  .uniqueArray(fc.constantFrom(...SKUS), { minLength: 1, maxLength: 3 })
  .chain((skus) =>
    fc.tuple(
      ...skus.map((sku) => fc.record({ sku: fc.constant(sku), quantity: fc.integer({ min: 1, max: 6 }) })),
    ),
  );
const step = fc.record({
  order: fc.constantFrom("o1", "o2", "o3", "o4"),
  what: fc.constantFrom("reserve", "commit", "fulfil", "release", "expire", "restock"),
  lines,
});

describe("stock", () => {
  it("neither loses nor makes a piece, whatever is asked of it in whatever order", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const house = new Warehouse();
        let deliveries = 0;
        for (const { order, what, lines } of steps) {
          const reservation = house.rows.get(reservationKey(order));
          switch (what) {
            case "reserve":
              house.write(reserve(order, lines, reservation, house.stock, 1_000));
              break;
            case "commit":
              house.write(commit(reservation));
              break;
            case "fulfil":
              house.write(fulfil(reservation, house.stock));
              break;
            case "release":
              house.write(release(sound, order, reservation, house.stock));
              break;
            case "expire":
              house.write(expire(reservation, house.stock));
              break;
            case "restock": {
              const [{ sku, quantity }] = lines as [{ sku: string; quantity: number }];
              const delivery = house.rows.get(restockKey(`d${++deliveries}`));
              house.write(restock(delivery, house.rows.get(stockKey(sku)), { sku, quantity }));
              house.stocked.set(sku, (house.stocked.get(sku) ?? 0) + quantity);
            }
          }
          for (const sku of SKUS) {
            const { available, reserved, fulfilled } = house.piles(sku);
            expect(Math.min(available, reserved, fulfilled)).toBeGreaterThanOrEqual(0);
            expect(available + reserved + fulfilled).toBe(house.stocked.get(sku));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("reserves all of an order or nothing of it", () => {
    const house = new Warehouse();
    const wanted = [
      { sku: "a", quantity: 3 },
      { sku: "b", quantity: START + 1 },
    ];
    expect(house.write(reserve("o1", wanted, house.rows.get(reservationKey("o1")), house.stock, 1))).toEqual({
      outcome: "out-of-stock",
      sku: "b",
    });
    expect(house.piles("a")).toEqual({ sku: "a", available: START, reserved: 0, fulfilled: 0 });
  });

  it("lets nobody reserve for an order whose reservation was released, even before it was made", () => {
    const house = new Warehouse();
    house.write(release(sound, "o1", house.rows.get(reservationKey("o1")), house.stock));
    const late = reserve(
      "o1",
      [{ sku: "a", quantity: 1 }],
      house.rows.get(reservationKey("o1")),
      house.stock,
      1,
    );
    expect(late).toEqual({ outcome: "refused", status: "released" });
  });

  it("does not let a committed reservation run out", () => {
    const house = new Warehouse();
    const key = reservationKey("o1");
    house.write(reserve("o1", [{ sku: "a", quantity: 2 }], house.rows.get(key), house.stock, 1));
    house.write(commit(house.rows.get(key)));
    house.write(expire(house.rows.get(key), house.stock));
    expect(house.status("o1")).toBe("committed");
    expect(house.piles("a").reserved).toBe(2);
  });

  it("makes stock out of nothing on a second release only with the defect planted", () => {
    for (const [planted, expected] of [
      [false, START],
      [true, START + 2],
    ] as const) {
      const house = new Warehouse();
      const key = reservationKey("o1");
      house.write(reserve("o1", [{ sku: "a", quantity: 2 }], house.rows.get(key), house.stock, 1));
      for (let n = 0; n < 2; n++) {
        house.write(release({ defect: () => planted }, "o1", house.rows.get(key), house.stock));
      }
      expect(house.piles("a").available).toBe(expected);
    }
  });
});
