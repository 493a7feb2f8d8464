import { describe, expect, it } from "vitest";
import { noDoubleEffect } from "../../../../src/model/pipeline/properties/effects.js";
import { completed, HistoryBuilder, judge, reserved } from "../../../support/history-builder.js";

const TOKEN = "order-7:charge";

/** A worker captures a payment, and the service says whether it applied it. */
function capture(tale: HistoryBuilder, worker: string, token: string, status = "captured"): number {
  const attempt = tale.external(worker, "attempt", "payments", "capture", token);
  return tale.external("external/payments", "applied", "payments", "capture", token, { status }, attempt);
}

describe("G8, effects happen once", () => {
  it("holds when an effect is completed once and repeats are replayed", () => {
    const tale = new HistoryBuilder();
    tale.applied("aws-a", "order-effects", 1, { "key/effect:order-7": reserved("aws-w") });
    capture(tale, "aws-w", TOKEN);
    tale.external("gcp-w", "attempt", "payments", "capture", TOKEN);
    tale.external("gcp-w", "reply", "payments", "capture", TOKEN, { replayed: true });
    tale.applied("aws-a", "order-effects", 2, { "key/effect:order-7": completed("aws-w", {}) });
    expect(judge(noDoubleEffect, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires when a token is applied twice, and names who asked", () => {
    const tale = new HistoryBuilder();
    const first = capture(tale.at(12.402), "gcp-w", TOKEN);
    const second = capture(tale.at(12.911), "aws-w", TOKEN);
    const { message, evidence } = judge(noDoubleEffect, tale);
    expect(message).toBe(
      "order-7 was charged twice: at 12.402 s for gcp-w and at 12.911 s for aws-w, both for token order-7:charge.",
    );
    expect(evidence).toEqual([first, second]);
  });

  it("fires when an order is charged under two tokens", () => {
    const tale = new HistoryBuilder();
    capture(tale.at(1), "gcp-w", "order-7:charge#1");
    capture(tale.at(2), "aws-w", "order-7:charge#2");
    expect(judge(noDoubleEffect, tale).message).toBe(
      "order-7 was charged twice: at 1.000 s for gcp-w and at 2.000 s for aws-w, for tokens order-7:charge#1 and order-7:charge#2.",
    );
  });

  it("does not count a decline as a charge", () => {
    const tale = new HistoryBuilder();
    capture(tale, "gcp-w", "order-7:charge#1", "declined");
    capture(tale, "aws-w", "order-7:charge#2");
    expect(judge(noDoubleEffect, tale).report.verdict).toBe("held");
  });

  it("fires on a second effect record, and on a completed key that is reserved again", () => {
    const tale = new HistoryBuilder();
    const first = tale
      .at(1)
      .applied("aws-a", "order-effects", 1, { "key/effect:order-7": completed("aws-w", {}) });
    tale.applied("aws-a", "order-effects", 2, { "key/effect:order-7": null });
    const again = tale
      .at(2)
      .applied("aws-a", "order-effects", 3, { "key/effect:order-7": reserved("gcp-w") });
    tale.applied("aws-a", "order-effects", 4, { "key/effect:order-7": completed("gcp-w", {}, 2) });
    const { message, evidence, violations } = judge(noDoubleEffect, tale);
    expect(message).toBe(
      "effect:order-7 was completed at 1.000 s on aws-a and was reserved again by gcp-w at 2.000 s on aws-a.",
    );
    expect(evidence).toEqual([first, again]);
    expect(violations).toHaveLength(1);
  });
});
