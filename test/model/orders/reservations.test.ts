/** Reservations that run out, on histories made by hand: they are given back within seconds, while the stock store is well. */
import { describe, expect, it } from "vitest";
import { expiredIsGivenBack } from "../../../src/model/orders/properties/reservations.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

const TTL = 400_000;

/** One reservation, which lasts for 0.4 s. */
class Shop extends HistoryBuilder {
  #version = 0;

  is(status: string): this {
    const value = { order: "order-1", status, lines: [] };
    this.durable("stock-store", "stock", ++this.#version, {
      "reservation/order-1": { version: this.#version, value },
    });
    return this;
  }
}

const shop = (faults: HistoryBuilder["plan"]["faults"] = []) =>
  new Shop({ knobs: { reservationTtl: TTL }, faults }).at(20).is("held");

describe("a reservation that has run out", () => {
  it("is given back, or committed after all, within seconds", () => {
    for (const status of ["expired", "committed"])
      expect(judge(expiredIsGivenBack, shop().at(23).is(status)).report).toMatchObject({
        verdict: "held",
        checked: 1,
      });
  });

  it("must not stay reserved, nor be given back late", () => {
    expect(judge(expiredIsGivenBack, shop()).message).toBe(
      "Goods were reserved for order-1 at 20.000 s, until 20.400 s; at 60.000 s they had not been given back.",
    );
    expect(judge(expiredIsGivenBack, shop().at(26).is("expired")).message).toMatch(
      /; at 26\.000 s they had not been given back\.$/,
    );
  });

  it("is not judged soon after a fault that may hit the store", () => {
    const crash = { id: "f1", kind: "crash", target: "stock-store", at: 10_000_000, for: 1_000_000 } as const;
    expect(judge(expiredIsGivenBack, shop([crash])).report.verdict).toBe("vacuous");
    const early = { ...crash, at: 2_000_000 };
    expect(judge(expiredIsGivenBack, shop([early])).report.verdict).toBe("violated");
  });
});
