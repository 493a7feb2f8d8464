/** What a refusal means, and what is known of labels and webhooks, on histories made by hand. */
import { describe, expect, it } from "vitest";
import { labelsAreKnown } from "../../../src/model/orders/properties/labels.js";
import { refusedIsNotDone } from "../../../src/model/orders/properties/refusals.js";
import { webhookIsKept } from "../../../src/model/orders/properties/webhooks.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

const REQUEST = {
  id: "order-1",
  customer: "customer-1",
  lines: [{ sku: "mug", quantity: 1 }],
  cents: 900,
  card: "good",
  address: "1 Main Street",
};

class Shop extends HistoryBuilder {
  #txn = 0;

  asks(operation: string, n: number, phase: "fail" | "info" | "ok", value: string | null = null): this {
    const requestId = `${operation}-${n}`;
    this.client("call", operation, requestId, "order-1", operation === "place" ? REQUEST : { id: "order-1" });
    this.client(phase, operation, requestId, "order-1", value);
    return this;
  }

  order(row: Readonly<Record<string, string | boolean | number>>): this {
    const value = { ...REQUEST, holder: "", label: "", carrier: "", doubt: false, voiding: false, ...row };
    this.durable("order-store", "orders", ++this.#txn, { "order/order-1": { version: this.#txn, value } });
    return this;
  }

  labelled(): this {
    const value = { order: "order-1", label: "L-1" };
    this.external("external/fedex", "applied", "fedex", "create-label", "order-1/1", value);
    return this;
  }
}

describe("a refusal", () => {
  it("means that the order is not there, and stays so", () => {
    expect(judge(refusedIsNotDone, new Shop().asks("place", 1, "fail", "unavailable")).violations).toEqual(
      [],
    );
    const made = new Shop().asks("place", 1, "fail", "unavailable").at(9).order({ state: "pending" });
    expect(judge(refusedIsNotDone, made).message).toBe(
      "The place of order-1 was refused at 0.000 s (unavailable), but at 9.000 s it is done.",
    );
  });

  it("proves nothing where the customer asked again, and was not refused", () => {
    const again = new Shop().asks("place", 1, "fail", "queue-full").asks("place", 2, "info");
    expect(judge(refusedIsNotDone, again.order({ state: "pending" })).report).toMatchObject({
      verdict: "held",
      checked: 1,
    });
  });

  it("of a cancel means that the customer has not cancelled", () => {
    const kept = new Shop().asks("place", 1, "ok").order({ state: "completed", reason: "" });
    expect(judge(refusedIsNotDone, kept.asks("cancel", 1, "fail", "too late: completed")).violations).toEqual(
      [],
    );
    const gone = new Shop().asks("place", 1, "ok").asks("cancel", 1, "fail", "no-such-order");
    expect(
      judge(refusedIsNotDone, gone.order({ state: "cancelled", reason: "by-customer" })).message,
    ).toMatch(/^The cancel of order-1 was refused .+ \(no-such-order\), but at 0\.000 s it is done\.$/);
  });
});

describe("the label of an order", () => {
  const WITH = { state: "creating-shipment", carrier: "fedex", holder: "orders-1/1/1" };

  it("is named, or may be there, when the order is given back or taken over", () => {
    const named = new Shop()
      .order(WITH)
      .labelled()
      .order({ ...WITH, holder: "", label: "L-1" });
    expect(judge(labelsAreKnown, named).report).toMatchObject({ verdict: "held", checked: 1 });
    const doubted = new Shop()
      .order(WITH)
      .labelled()
      .order({ ...WITH, holder: "orders-2/1/1", doubt: true });
    expect(judge(labelsAreKnown, doubted).report.verdict).toBe("held");
  });

  it("must not be forgotten by who gives the order back, or takes it over", () => {
    const forgotten = new Shop()
      .order(WITH)
      .labelled()
      .at(2)
      .order({ ...WITH, holder: "" });
    expect(judge(labelsAreKnown, forgotten).message).toBe(
      "fedex has made label L-1 for order-1, and at 2.000 s the order, which nobody has in hand, knows of none.",
    );
    const taken = new Shop()
      .order(WITH)
      .labelled()
      .order({ ...WITH, holder: "orders-2/1/1" });
    expect(judge(labelsAreKnown, taken).message).toMatch(
      /the order, which has changed hands, knows of none\.$/,
    );
  });

  it("must not come from a carrier that the order does not doubt", () => {
    expect(judge(labelsAreKnown, new Shop().order({ ...WITH, holder: "" }).labelled()).message).toMatch(
      /knows of none\.$/,
    );
    const doubted = new Shop().order({ ...WITH, holder: "", doubt: true }).labelled();
    expect(judge(labelsAreKnown, doubted).report.verdict).toBe("held");
  });
});

describe("a webhook", () => {
  const taken = (shop: Shop) => {
    shop.state("payment-1", "webhook", "evt-1", "", "taken", { order: "order-1" });
    return shop;
  };

  it("that was taken in is known with its order", () => {
    const paid = new Shop().order({ state: "reserving-inventory", paid: true });
    expect(judge(webhookIsKept, taken(paid)).report).toMatchObject({ verdict: "held", checked: 1 });
    expect(
      judge(webhookIsKept, taken(new Shop().order({ state: "completed", paid: false }))).violations,
    ).toEqual([]);
  });

  it("must not be taken in and forgotten", () => {
    const unpaid = new Shop().order({ state: "reserving-inventory", paid: false });
    expect(judge(webhookIsKept, taken(unpaid)).message).toBe(
      "payment-1 took a webhook in at 0.000 s that says that order-1 is paid for, and the order does not know of it.",
    );
  });
});
