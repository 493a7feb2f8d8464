/** Assertions of order processing: each fires as soon as what it stands for is broken. */
import { describe, expect, it } from "vitest";
import { asJson, Claim } from "../../../src/model/orders/claim.js";
import { loadConfig } from "../../../src/model/orders/config.js";
import { ORDERS_DEFAULTS } from "../../../src/model/orders/knobs.js";
import { ended, newOrder, type OrderRow, orderKey } from "../../../src/model/orders/order.js";
import { PRESETS } from "../../../src/model/orders/presets.js";
import { poolConfig } from "../../../src/model/orders/service.js";
import { release, reservationKey, reserve, stockKey } from "../../../src/model/orders/stock.js";
import { Rows } from "../../../src/model/orders/store/rows.js";
import { Store } from "../../../src/model/orders/store/store.js";
import { StoreClient } from "../../../src/model/orders/store/store-client.js";
import { CONNECT } from "../../../src/model/orders/store/wire.js";
import { MINUTE, SECOND } from "../../../src/sim/time.js";
import { universe } from "../../support/universe.js";
import { failureOn } from "../actors/on-host.js";

const request = {
  id: "o1",
  customer: "Ada",
  lines: [{ sku: "a", quantity: 1 }],
  cents: 100,
  card: "card-good",
  address: "here",
};
const order = newOrder(request, 0);
const stock = [
  {
    key: stockKey("a"),
    value: { sku: "a", available: 2, reserved: 0, fulfilled: 0 },
    version: 1,
    due: null,
  },
];

describe("an assertion of the stock fires when", () => {
  it("more pieces are moved than there are", () => {
    const reservation = { key: reservationKey("o1"), value: null, version: 0, due: null };
    expect(() => reserve("o1", [{ sku: "a", quantity: -1 }], reservation, stock, SECOND)).toThrow(
      "no more pieces of a product are moved than there are",
    );
  });

  it("a reservation leaves the order of its states", () => {
    const seen = ["held", "fulfilled"];
    const value = {
      order: "o1",
      lines: [],
      get status() {
        return seen.length > 1 ? seen.shift() : seen[0];
      },
    };
    const reservation = { key: reservationKey("o1"), value: asJson(value), version: 1, due: null };
    expect(() => release({ defect: () => false }, "o1", reservation, stock)).toThrow(
      "a reservation passes through its states in their order",
    );
  });
});

describe("an assertion of an order fires when", () => {
  const advanced = (before: OrderRow, after: OrderRow) =>
    failureOn(async (host) => {
      const row = { key: orderKey("o1"), value: asJson(before), version: 1, due: null };
      await new Claim(host, new StoreClient(host, "store", 1, SECOND), "w", SECOND, row).advance(after);
    });

  it("it leaves the order of its states", async () => {
    expect(await advanced({ ...order, state: "completed" }, { ...order, state: "creating-shipment" })).toBe(
      "BrokenInvariant: an order passes through its states in their order",
    );
  });

  it.each([
    [3, 2],
    [4, 6],
  ])("its payment was tried %i times, and then %i", async (before, after) => {
    expect(await advanced({ ...order, attempts: before }, { ...order, attempts: after })).toBe(
      "BrokenInvariant: attempts of a payment are counted up to the last one",
    );
  });

  it("it ends in a state that is not the last one", () => {
    expect(() => ended(order, "creating-shipment", "")).toThrow("a state that nothing follows");
  });
});

describe("an assertion of a store fires when", () => {
  it("a row is written under an earlier version", () => {
    const rows = new Rows();
    const row = { key: "k", value: 1, version: 2, due: null };
    rows.apply([row]);
    expect(() => rows.apply([{ ...row, value: 2 }])).toThrow("each write of a row has a later version");
  });

  it("it has more connections than it may have", async () => {
    const world = universe({ hosts: ["store", "client"] });
    let reads = 0;
    const options = {
      name: "orders",
      // Checked as one connection too many, and compared with none.
      get maxConnections() {
        return reads++ === 0 ? 1 : 0;
      },
      connectionIdle: MINUTE,
      compactAfter: 100,
      initial: [],
    };
    world.onBoot("store", (host) => new Store(host, options).start());
    world.onBoot("client", async (host) => {
      await host.sleep(SECOND);
      await host.request(CONNECT, "store", null, SECOND);
    });
    await world.run();
    expect(String(world.failure?.error)).toBe(
      "BrokenInvariant: a store has no more connections than it may have",
    );
  });
});

describe("an assertion of a pool fires when", () => {
  it("it is to begin with more workers than it may have", () => {
    const loaded = loadConfig(PRESETS.source);
    if (!loaded.ok) throw new Error(loaded.message);
    const { pool } = loaded.config.services.payment;
    const section = { ...pool, initial_size: pool.max_size + 1 };
    expect(() => poolConfig("payments", section, ORDERS_DEFAULTS)).toThrow("as many workers as it may have");
  });
});
