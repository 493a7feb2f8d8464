/** What a completed order says has happened outside, on histories made by hand: a charge, a label and a mail, as recorded; and carriers that are left alone. */
import { describe, expect, it } from "vitest";
import { carrierWaitKept } from "../../../src/model/orders/properties/money.js";
import {
  completedIsWhole,
  confirmationSent,
  confirmedOnce,
} from "../../../src/model/orders/properties/wholeness.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

const LINES = [{ sku: "mug", quantity: 1 }];

/** An order that is completed at 5 s with label `L-1`, after whatever happened outside. */
class Shop extends HistoryBuilder {
  charged(cents = 900): this {
    const value = { order: "order-1", cents, status: "captured" };
    this.external("external/payments", "applied", "payments", "capture", "order-1#1", value);
    return this;
  }

  labelled(label: string): this {
    const value = { order: "order-1", label };
    this.external("external/fedex", "applied", "fedex", "create-label", "order-1:label", value);
    return this;
  }

  mailed(): this {
    this.external("external/mail", "applied", "mail", "send", "order-1:mail", { order: "order-1" });
    return this;
  }

  completed(): this {
    const reservation = { status: "committed", lines: LINES };
    this.durable("stock-store", "stock", 1, {
      "reservation/order-1": { version: 1, value: reservation },
    });
    const row = { id: "order-1", state: "completed", lines: LINES, label: "L-1" };
    this.at(5).durable("order-store", "orders", 1, { "order/order-1": { version: 1, value: row } });
    return this;
  }
}

describe("a completed order", () => {
  it("has the charge and the label that it names", () => {
    const whole = new Shop().charged().labelled("L-1").completed();
    expect(judge(completedIsWhole, whole).report.verdict).toBe("held");
  });

  it("must not name a label that no carrier has made, nor another one", () => {
    expect(judge(completedIsWhole, new Shop().charged().completed()).message).toMatch(/: 0 live labels\.$/);
    expect(judge(completedIsWhole, new Shop().charged().labelled("L-2").completed()).message).toContain(
      "label L-1, but the carrier made L-2",
    );
  });

  it("must not be recorded where nothing was charged", () => {
    expect(judge(completedIsWhole, new Shop().labelled("L-1").completed()).message).toMatch(/: 0 charges\.$/);
  });

  it("is confirmed by one mail", () => {
    expect(judge(confirmationSent, new Shop().completed().mailed()).report.verdict).toBe("held");
    expect(judge(confirmationSent, new Shop().completed()).message).toBe(
      "order-1 was completed at 5.000 s and never confirmed.",
    );
    expect(judge(confirmedOnce, new Shop().completed().mailed().mailed()).message).toBe(
      "order-1 was confirmed 2 times, the last time at 5.000 s.",
    );
  });

  it("is not confirmed before it is completed", () => {
    expect(judge(confirmedOnce, new Shop().mailed()).message).toBe(
      "order-1 was confirmed at 0.000 s, while it was absent.",
    );
  });
});

describe("a carrier that asks to be left alone", () => {
  /** A call of a carrier at 1 s, which is to wait for two seconds, and another call of one. */
  function asked(second: string, at: number, host = "shipping-1"): HistoryBuilder {
    const history = new HistoryBuilder().at(1);
    const wait = { error: "too many requests", status: 429, retryAfter: 2_000_000 };
    history.external("shipping-1", "attempt", "fedex", "create-label", "order-1/1", null);
    history.external("shipping-1", "reply", "fedex", "create-label", "order-1/1", wait);
    history.at(at).external(host, "attempt", second, "create-label", "order-2/1", null);
    return history;
  }

  it("is not called by that host before its time is over", () => {
    expect(judge(carrierWaitKept, asked("fedex", 3)).report).toMatchObject({ verdict: "held", checked: 1 });
    expect(judge(carrierWaitKept, asked("fedex", 2)).message).toBe(
      "shipping-1 was told to wait at 1.000 s, and asked again for order-2/1 at 2.000 s.",
    );
  });

  it("does not speak for another carrier, nor to another host", () => {
    expect(judge(carrierWaitKept, asked("ups", 2)).report.checked).toBe(0);
    expect(judge(carrierWaitKept, asked("fedex", 2, "shipping-2")).report.checked).toBe(0);
  });
});
