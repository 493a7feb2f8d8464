import { describe, expect, it } from "vitest";
import {
  backoff,
  complaintOf,
  isCancellable,
  isTerminal,
  NEXT_STATES,
  ORDER_STATES,
  type OrderRequest,
  sameRequest,
} from "../../../src/model/orders/order.js";
import { SECOND } from "../../../src/sim/time.js";

const request: OrderRequest = {
  id: "order-1",
  customer: "c",
  lines: [{ sku: "sku-1", quantity: 2 }],
  cents: 300,
  card: "card",
  address: "street",
};

describe("an order", () => {
  it("comes to an end from each of its states", () => {
    for (const from of ORDER_STATES) {
      const reached = new Set([from]);
      for (const state of reached) for (const next of NEXT_STATES[state]) reached.add(next);
      expect([...reached].some(isTerminal), from).toBe(true);
    }
  });

  it("can be cancelled by its customer exactly where a cancel may follow and nothing has been reserved", () => {
    expect(ORDER_STATES.filter(isCancellable)).toEqual(["pending", "processing-payment"]);
    for (const state of ORDER_STATES.filter(isCancellable)) expect(NEXT_STATES[state]).toContain("cancelled");
  });

  it("waits 1, 2, 4 and 8 seconds", () => {
    expect([1, 2, 3, 4].map((n) => backoff(SECOND, n))).toEqual([1, 2, 4, 8].map((n) => n * SECOND));
  });

  it.each([
    ["id", { id: "no blanks" }],
    ["lines", { lines: [] }],
    ["lines.quantity", { lines: [{ sku: "a", quantity: 0 }] }],
    [
      "lines.sku",
      {
        lines: [
          { sku: "a", quantity: 1 },
          { sku: "a", quantity: 1 },
        ],
      },
    ],
    ["cents", { cents: 1.5 }],
    ["card", { card: "" }],
    ["address", { address: "" }],
  ])("is refused for its %s", (field, change) => {
    expect(complaintOf({ ...request, ...change } as OrderRequest)).toBe(field);
    expect(complaintOf(request)).toBeUndefined();
  });

  it("is another one if anything that was asked for differs", () => {
    expect(sameRequest(request, { ...request })).toBe(true);
    expect(sameRequest(request, { ...request, cents: 301 })).toBe(false);
    expect(sameRequest(request, { ...request, lines: [{ sku: "sku-1", quantity: 3 }] })).toBe(false);
  });
});
