import { describe, expect, it } from "vitest";
import { ADDRESSES, Carrier } from "../../../src/model/orders/external/carrier.js";
import { MailService } from "../../../src/model/orders/external/mail.js";
import { CARDS, PaymentProvider } from "../../../src/model/orders/external/payment-provider.js";
import type { Json } from "../../../src/sim/plan.js";
import { SECOND } from "../../../src/sim/time.js";

const provider = (callsPerSecond = 100) =>
  new PaymentProvider({ callsPerSecond, authorizationTtl: 20 * SECOND });
const order = { order: "o1", cents: 500, card: CARDS.good };

function ask(
  of: PaymentProvider | Carrier | MailService,
  operation: string,
  body: Json,
  token = "o1",
  at = 0,
) {
  return of.apply({ operation, token, body, from: "host", at });
}

describe("the payment provider", () => {
  it("authorizes and captures a payment once, however often it is asked", () => {
    const payments = provider();
    expect(ask(payments, "authorize", order)).toMatchObject({ ok: true, applied: true });
    expect(ask(payments, "authorize", order)).toMatchObject({ ok: true, applied: false });
    expect(ask(payments, "capture", order)).toMatchObject({ ok: true, applied: true });
    expect(ask(payments, "capture", order)).toMatchObject({ ok: true, applied: false });
  });

  it("recognises a token that is used for another payment", () => {
    const payments = provider();
    ask(payments, "authorize", order);
    expect(ask(payments, "authorize", { ...order, cents: 501 })).toEqual({ ok: false, error: "conflict" });
  });

  it("refuses what comes after its token was voided, seen before or not", () => {
    const payments = provider();
    expect(ask(payments, "void", order)).toMatchObject({ ok: true });
    expect(ask(payments, "authorize", order)).toEqual({ ok: false, error: "spent" });
    ask(payments, "authorize", order, "o2");
    ask(payments, "void", order, "o2");
    expect(ask(payments, "capture", order, "o2")).toEqual({ ok: false, error: "spent" });
  });

  it("voids no captured payment, but refunds it once", () => {
    const payments = provider();
    ask(payments, "authorize", order);
    ask(payments, "capture", order);
    expect(ask(payments, "void", order)).toEqual({ ok: false, error: "captured" });
    expect(ask(payments, "refund", order)).toMatchObject({ ok: true, applied: true });
    expect(ask(payments, "refund", order)).toMatchObject({ ok: true, applied: false });
  });

  it("captures no authorization that has lapsed, and authorizes it anew", () => {
    const payments = provider();
    ask(payments, "authorize", order);
    expect(ask(payments, "capture", order, "o1", 21 * SECOND)).toEqual({
      ok: false,
      error: "not-authorized",
    });
    expect(ask(payments, "authorize", order, "o1", 21 * SECOND)).toMatchObject({ ok: true, applied: true });
    expect(ask(payments, "capture", order, "o1", 22 * SECOND)).toMatchObject({ ok: true, applied: true });
  });

  it("says how long to wait to who calls too often", () => {
    const payments = provider(2);
    ask(payments, "authorize", order, "o1", 0);
    ask(payments, "authorize", order, "o2", 1);
    expect(ask(payments, "authorize", order, "o3", 2)).toEqual({ ok: false, error: "rate-limited/1000" });
    expect(ask(payments, "authorize", order, "o3", SECOND + 2)).toMatchObject({ ok: true });
  });

  it("tells by event what it did, and nothing of what it refused", () => {
    const payments = provider();
    ask(payments, "authorize", { ...order, card: CARDS.declined }, "o2");
    ask(payments, "authorize", order);
    ask(payments, "capture", order);
    expect(payments.takeEvents().map(({ type }) => type)).toEqual(["authorized", "captured"]);
    expect(payments.takeEvents()).toEqual([]);
  });

  it("declines a drained card when its payment is captured, and not before", () => {
    const payments = provider();
    const drained = { ...order, card: CARDS.drained };
    expect(ask(payments, "authorize", drained)).toMatchObject({ ok: true });
    expect(ask(payments, "capture", drained)).toEqual({ ok: false, error: "declined" });
  });

  it("fails twice for a shaky card, always for a hopeless one", () => {
    const payments = provider();
    const tries = (card: string) =>
      [1, 2, 3].map(() => ask(payments, "authorize", { ...order, card }, card).ok);
    expect(tries(CARDS.shaky)).toEqual([false, false, true]);
    expect(tries(CARDS.hopeless)).toEqual([false, false, false]);
  });
});

describe("a carrier", () => {
  const parcel = { order: "o1", address: "1 Main Street" };

  it("gives the same label to who asks again", () => {
    const fedex = new Carrier("fedex");
    const first = ask(fedex, "create-label", parcel);
    expect(first).toMatchObject({ ok: true, applied: true });
    expect(ask(fedex, "create-label", parcel)).toEqual({ ...first, applied: false });
  });

  it("makes no label whose token was voided before", () => {
    const fedex = new Carrier("fedex");
    ask(fedex, "void-label", parcel);
    expect(ask(fedex, "create-label", parcel)).toEqual({ ok: false, error: "spent" });
  });

  it("does not go everywhere", () => {
    const remote = { ...parcel, address: ADDRESSES.remote };
    const nowhere = { ...parcel, address: ADDRESSES.nowhere };
    expect(["fedex", "ups"].map((name) => ask(new Carrier(name), "create-label", remote).ok)).toEqual([
      false,
      true,
    ]);
    expect(["fedex", "ups"].map((name) => ask(new Carrier(name), "create-label", nowhere).ok)).toEqual([
      false,
      false,
    ]);
  });
});

describe("the mail service", () => {
  it("sends a message once for each token", () => {
    const mail = new MailService();
    expect(ask(mail, "send", { order: "o1" })).toMatchObject({ applied: true });
    expect(ask(mail, "send", { order: "o1" })).toMatchObject({ applied: false });
    expect(ask(mail, "send", { order: "o1" }, "other")).toMatchObject({ applied: true });
  });
});
