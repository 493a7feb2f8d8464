/** A gateway that validates, on histories made by hand: what is malformed is refused there, and nowhere else. */
import { describe, expect, it } from "vitest";
import { malformedStaysOutside } from "../../../src/model/orders/properties/gateway.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

const GOOD = {
  id: "order-1",
  lines: [{ sku: "mug", quantity: 1 }],
  cents: 900,
  card: "good",
  address: "1 Main Street",
};
const MALFORMED = { ...GOOD, id: "bad-1", lines: [] };

/** One post of this request, and what its customer is told. */
class Shop extends HistoryBuilder {
  constructor(gatewayValidates = true) {
    super({ knobs: { gatewayValidates } });
  }

  posts(request: typeof GOOD, phase: "ok" | "fail" | "info", told: string | null = null): this {
    this.client("call", "place", "post-1", request.id, request);
    this.at(1).client(phase, "place", "post-1", request.id, told);
    return this;
  }

  reachesOrders(): this {
    const detail = { complaint: "lines" };
    this.add("orders-1", { kind: "refusal", operation: "place", reason: "invalid", key: "bad-1", detail });
    return this;
  }
}

describe("a gateway that validates", () => {
  it("refuses what is malformed, and says so", () => {
    const refused = judge(malformedStaysOutside, new Shop().posts(MALFORMED, "fail", "invalid"));
    expect(refused.report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("owes an answer to those alone who reach it", () => {
    const unanswered = judge(malformedStaysOutside, new Shop().posts(MALFORMED, "info"));
    expect(unanswered.report).toMatchObject({ verdict: "vacuous", checked: 0 });
  });

  it("must not let it through to the order service", () => {
    expect(judge(malformedStaysOutside, new Shop().reachesOrders()).message).toBe(
      "bad-1 is malformed (lines) and got to orders-1 at 0.000 s, though the gateway validates.",
    );
  });

  it("must not put it off because nobody stands behind it, and must not accept it", () => {
    expect(judge(malformedStaysOutside, new Shop().posts(MALFORMED, "fail", "unavailable")).message).toBe(
      'bad-1 is malformed, and its customer was told "unavailable" at 1.000 s.',
    );
    expect(judge(malformedStaysOutside, new Shop().posts(MALFORMED, "ok")).message).toBe(
      'bad-1 is malformed, and its customer was told "accepted" at 1.000 s.',
    );
  });

  it("owes good requests nothing here, and one that does not validate owes nothing at all", () => {
    expect(judge(malformedStaysOutside, new Shop().posts(GOOD, "ok")).report.checked).toBe(0);
    const trusting = new Shop(false).posts(MALFORMED, "fail", "unavailable").reachesOrders();
    expect(judge(malformedStaysOutside, trusting).violations).toEqual([]);
  });
});
