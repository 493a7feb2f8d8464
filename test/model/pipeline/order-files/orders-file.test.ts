import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../../../src/explore/formats/input-error.js";
import { parseOrders } from "../../../../src/model/pipeline/order-files/orders-file.js";
import {
  ordersToWorkload,
  workloadWindow,
} from "../../../../src/model/pipeline/order-files/orders-to-workload.js";
import { seconds } from "../../../../src/sim/time.js";
import { small } from "../../../support/small-scenario.js";

const shopify = {
  headers: { "X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": "w-1" },
  body: {
    id: 5208334008001,
    created_at: "2026-03-14T09:26:53+01:00",
    total_price: "42.00",
    currency: "USD",
    note: null,
  },
};
const stripe = {
  id: "evt_1Nabc",
  object: "event",
  created: 1773476813,
  type: "payment_intent.succeeded",
  data: { object: { id: "pi_1Nabc", object: "payment_intent", amount: 4200, currency: "jpy" } },
};
const plain = { deliveryId: "d-1", orderId: "o-1", cents: 4200, currency: "EUR" };

const lines = (...items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).join("\n");

function complaint(text: string, lenient = false): string {
  try {
    parseOrders(text, "orders.jsonl", lenient);
    return "none";
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

describe("an orders file", () => {
  it("takes Shopify's, Stripe's and plain deliveries, mixed", () => {
    const { deliveries } = parseOrders(lines(shopify, stripe, plain), "orders.jsonl", false);
    expect(deliveries).toEqual([
      {
        deliveryId: "w-1",
        orderId: "5208334008001",
        at: Date.UTC(2026, 2, 14, 8, 26, 53),
        cents: 4200,
        currency: "USD",
        source: "shopify",
      },
      {
        deliveryId: "evt_1Nabc",
        orderId: "pi_1Nabc",
        at: 1773476813000,
        cents: 4200,
        currency: "JPY",
        source: "stripe",
      },
      { deliveryId: "d-1", orderId: "o-1", at: undefined, cents: 4200, currency: "EUR", source: "plain" },
    ]);
  });

  it("takes the time of arrival from the log where it is there", () => {
    const received_at = "2026-03-14T11:00:00.250Z";
    const { deliveries } = parseOrders(
      lines({ ...shopify, received_at }, { received_at, body: stripe }),
      "f",
      false,
    );
    expect(deliveries.map(({ at }) => at)).toEqual([
      Date.UTC(2026, 2, 14, 11, 0, 0, 250),
      Date.UTC(2026, 2, 14, 11, 0, 0, 250),
    ]);
    expect(complaint(lines({ ...shopify, received_at: "noon" }))).toMatch(
      /^orders\.jsonl:1: received_at: expected a time like /,
    );
  });

  it("takes the time of sending from the header where there is one, whatever its case", () => {
    const headers = { "x-shopify-webhook-id": "w", "x-shopify-triggered-at": "2026-03-14T10:00:00Z" };
    const { deliveries } = parseOrders(lines({ ...shopify, headers }), "orders.jsonl", false);
    expect(deliveries[0]?.at).toBe(Date.UTC(2026, 2, 14, 10));
  });

  it("passes over empty lines, a byte order mark's absence and Windows line ends", () => {
    const text = `\r\n${lines(plain)}\r\n\r\n${lines(plain)}\r\n`;
    expect(parseOrders(text, "orders.jsonl", false).deliveries.length).toBe(2);
  });

  it("names a bad line with its number and what was expected", () => {
    const body = { ...shopify.body, total_price: "forty" };
    expect(complaint(lines(plain, plain, { ...shopify, body }))).toBe(
      'orders.jsonl:3: body.total_price: expected a decimal amount like "42.00", got "forty"',
    );
    expect(complaint(`${lines(plain)}\n{"half`)).toBe(
      "orders.jsonl:2: expected one delivery as JSON on one line, and this is not JSON",
    );
    expect(complaint(lines({ ...shopify, headers: {} }))).toBe(
      'orders.jsonl:1: headers: expected the delivery\'s id in "X-Shopify-Webhook-Id", got nothing',
    );
    expect(complaint(lines({ ...plain, currency: "USB" }))).toBe(
      'orders.jsonl:1: currency: expected a currency of ISO 4217 like "USD", got "USB"',
    );
    expect(complaint(lines({ ...plain, cents: 42.5 }))).toMatch(
      /^orders\.jsonl:1: cents: expected a whole number/,
    );
    expect(complaint(lines({ ...stripe, type: "charge.refunded" }))).toBe(
      "orders.jsonl: no new order in it; all of it is charge.refunded 1",
    );
    expect(complaint(lines({ some: "thing" }))).toMatch(
      /^orders\.jsonl:1: expected a webhook of Shopify .* it has the keys of none$/,
    );
    expect(complaint("  \n ")).toBe("orders.jsonl: no new order in it; it is empty");
  });

  it("read leniently skips bad lines and keeps their complaints", () => {
    const { deliveries, skipped } = parseOrders(
      `${lines(plain)}\nnope\n${lines(stripe)}\n[]`,
      "orders.jsonl",
      true,
    );
    expect(deliveries.length).toBe(2);
    expect(skipped.map((text) => text.split(":")[1])).toEqual(["2", "4"]);
  });

  it("is refused even leniently when no line is usable", () => {
    expect(complaint("nope\nnope", true)).toMatch(
      /^orders\.jsonl: no new order in it; all 2 deliveries are unusable, the first: /,
    );
  });

  it("never fails but with one sentence, however a line is mangled", () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>("", -1, 1.5, 1e308, 2 ** 60, "9".repeat(5000)),
    );
    const change = fc.tuple(fc.constantFrom(shopify, stripe, plain), fc.nat(50), anything);
    fc.assert(
      fc.property(change, ([line, at, value]) => {
        const keys: (readonly [object, string])[] = [];
        const copy = structuredClone(line);
        collectKeys(copy, keys);
        const [holder, key] = keys[at % keys.length] ?? [copy, "id"];
        Reflect.set(holder, key, value);
        const message = complaint(lines(plain, copy));
        if (message !== "none") expect(message).toMatch(/^orders\.jsonl:2: [^\n\r]{5,400}$/);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        const message = complaint(text);
        if (message !== "none") expect(message).toMatch(/^orders\.jsonl(:\d+)?: [^\n\r]{5,400}$/);
      }),
      { numRuns: 1000 },
    );
  });
});

function collectKeys(data: unknown, into: (readonly [object, string])[]): void {
  if (typeof data !== "object" || data === null) return;
  for (const [key, value] of Object.entries(data)) {
    into.push([data, key]);
    collectKeys(value, into);
  }
}

describe("orders as a workload", () => {
  const plan = small.plan(1);
  const at = (deliveryId: string, time: number | undefined) => ({
    deliveryId,
    orderId: deliveryId,
    at: time,
    cents: 1,
    currency: "EUR",
    source: "plain" as const,
  });
  const ids = (operations: readonly { body: unknown }[]) =>
    operations.map(({ body }) => (body as { deliveryId: string }).deliveryId);

  it("are compressed into the window of the scenario's own orders, order and spacing kept", () => {
    expect(workloadWindow(plan)).toEqual({ from: seconds(1), to: seconds(10) });
    const operations = ordersToWorkload([at("a", 0), at("b", 250), at("c", 250), at("d", 1000)], plan);
    expect(operations.map((operation) => operation.at)).toEqual([
      1_000_000, 3_250_000, 3_250_000, 10_000_000,
    ]);
    expect(ids(operations)).toEqual(["a", "b", "c", "d"]);
  });

  it("come from the shops in turn, each with its own id, duplicates and all", () => {
    const operations = ordersToWorkload([at("a", 0), at("a", 5), at("a", 9)], plan);
    expect(operations.map(({ host }) => host)).toEqual(["shop-1", "shop-2", "shop-1"]);
    expect(new Set(operations.map(({ id }) => id)).size).toBe(3);
    expect(operations[0]?.action).toBe("deliver");
  });

  it("are put in the order of their times; without times they are spread evenly", () => {
    expect(ids(ordersToWorkload([at("late", 9), at("early", 1)], plan))).toEqual(["early", "late"]);
    const even = ordersToWorkload([at("a", undefined), at("b", undefined), at("c", undefined)], plan);
    expect(even.map((operation) => operation.at)).toEqual([1_000_000, 5_500_000, 10_000_000]);
  });

  it("are refused where there is no shop", () => {
    const shopless = { ...plan, topology: plan.topology.filter(({ role }) => role !== "shop") };
    expect(() => ordersToWorkload([at("a", 0)], shopless)).toThrow(/takes no order files/);
  });
});
