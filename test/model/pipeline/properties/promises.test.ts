/** What shops, customers and operators are promised beyond order and uniqueness: effects as recorded, and a cause for each "no". */
import { describe, expect, it } from "vitest";
import {
  deadLettersHaveCauses,
  refusalsHaveCauses,
} from "../../../../src/model/pipeline/properties/causes.js";
import { effectsAreAsRecorded } from "../../../../src/model/pipeline/properties/effects-recorded.js";
import { completed, HistoryBuilder, judge } from "../../../support/history-builder.js";

const ORDER = { deliveryId: "wh-1", orderId: "order-1", cents: 100, currency: "EUR" };
const RECORD = { key: "wh-1", sha256: "ab", orderId: "order-1" };

/** An order that was asked for and committed at offset 0. */
function ordered(history: HistoryBuilder, body = ORDER): HistoryBuilder {
  history.client("call", "accept", "wh-1/1", "wh-1", body);
  history.applied("aws-a", "orders", 1, { "record/0": RECORD });
  return history;
}

const captured = (history: HistoryBuilder, value: object) =>
  history.external("external/payments", "applied", "payments", "capture", "order-1:charge", {
    ...{ orderId: "order-1", status: "captured", cents: 100, currency: "EUR" },
    ...value,
  });

const recorded = (history: HistoryBuilder, status = "captured") =>
  history.applied("aws-a", "order-effects", 1, {
    "key/effect:order-1": completed("aws-w", { orderId: "order-1", status, offset: 0 }),
  });

describe("effects are as recorded", () => {
  it("holds when the payment service applied what the effect says", () => {
    const history = ordered(new HistoryBuilder());
    captured(history, {});
    recorded(history);
    expect(judge(effectsAreAsRecorded, history).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires on a payment that never happened", () => {
    const history = ordered(new HistoryBuilder());
    recorded(history.at(2));
    expect(judge(effectsAreAsRecorded, history).message).toBe(
      "order-1 was recorded as captured at 2.000 s on aws-a, but the payment service had applied no capture of it.",
    );
  });

  it("fires when a decline is recorded as a charge", () => {
    const history = ordered(new HistoryBuilder());
    captured(history.at(1), { status: "declined" });
    recorded(history.at(2));
    expect(judge(effectsAreAsRecorded, history).message).toBe(
      "order-1 was recorded as captured at 2.000 s on aws-a, but the payment service had applied declined at 1.000 s.",
    );
  });

  it("fires when a time-out is stored as the result, and the capture comes later", () => {
    const history = ordered(new HistoryBuilder());
    recorded(history.at(1));
    captured(history.at(2), {});
    expect(judge(effectsAreAsRecorded, history).report.verdict).toBe("violated");
  });

  it.each([{ cents: 10_000 }, { currency: "USD" }])("fires when another amount is charged: %j", (wrong) => {
    const history = ordered(new HistoryBuilder());
    captured(history, wrong);
    recorded(history);
    expect(judge(effectsAreAsRecorded, history).message).toContain("which no delivery of wh-1 asked for");
  });
});

describe("refusals have causes", () => {
  const refuse = (history: HistoryBuilder, body: object, reason: string, request = "wh-1/1") => {
    history.client("call", "accept", request, "wh-1", body as typeof ORDER);
    history.client("fail", "accept", request, "wh-1", { reason });
  };
  const builder = () => new HistoryBuilder({ knobs: { payloadLimit: 1_000 } });

  it.each([
    ["malformed-order", { ...ORDER, cents: -1 }],
    ["malformed-order", { ...ORDER, orderId: "" }],
    ["oversized", { ...ORDER, note: "x".repeat(2_000) }],
    ["unknown-schema", { ...ORDER, schemaId: "order.v0" }],
    ["wrong-policy-hash", { ...ORDER, policyHash: "00" }],
  ])("holds for %s where that is so", (reason, body) => {
    const history = builder();
    refuse(history, body, reason);
    expect(judge(refusalsHaveCauses, history).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("holds for a conflict when another payload was sent under the key", () => {
    const history = builder();
    history.client("call", "accept", "wh-1/1", "wh-1", ORDER);
    refuse(history, { ...ORDER, cents: 5 }, "conflict", "wh-1/2");
    expect(judge(refusalsHaveCauses, history).report.verdict).toBe("held");
  });

  it("fires when a sound webhook is refused as a conflict", () => {
    const history = builder();
    refuse(history, ORDER, "conflict");
    expect(judge(refusalsHaveCauses, history).message).toBe(
      "wh-1 was refused as conflict at 0.000 s on shop, but no other payload was ever sent under its key.",
    );
  });

  it.each(["malformed-order", "oversized", "unknown-schema", "wrong-policy-hash", "fenced"])(
    "fires when a sound webhook is refused as %s",
    (reason) => {
      const history = builder();
      refuse(history, ORDER, reason);
      expect(judge(refusalsHaveCauses, history).message).toContain("but nothing is wrong with it");
    },
  );

  it("fires when what was refused commits afterwards, and not when a sound delivery of the key does", () => {
    const refusedOnly = builder();
    refuse(refusedOnly, { ...ORDER, cents: -1 }, "malformed-order");
    refusedOnly.applied("aws-a", "orders", 1, { "record/0": RECORD });
    expect(judge(refusalsHaveCauses, refusedOnly).message).toContain(
      "Every delivery of wh-1 had been refused",
    );

    const mended = builder();
    refuse(mended, { ...ORDER, cents: -1 }, "malformed-order");
    mended.client("call", "accept", "wh-1/2", "wh-1", ORDER);
    mended.applied("aws-a", "orders", 1, { "record/0": RECORD });
    expect(judge(refusalsHaveCauses, mended).report.verdict).toBe("held");
  });
});

describe("dead letters have causes", () => {
  const GROUP = "checkout-workers";
  const live = (count: number) => ({ deliveryId: `d${count}`, count, domain: "aws/east", worker: "aws-w" });
  const builder = (currency = "EUR", buggify = false) =>
    ordered(new HistoryBuilder({ knobs: { maxDeliver: 5, buggify } }), { ...ORDER, currency });
  const die = (history: HistoryBuilder, count: number) => {
    history.applied("aws-a", "orders", 2, { [`delivery/${GROUP}/0`]: live(count) });
    history.applied("aws-a", "orders", 3, { [`dead/${GROUP}/0`]: { count } });
  };

  it("holds for what no card pays, after the full count", () => {
    const history = builder("XXX");
    die(history, 5);
    expect(judge(deadLettersHaveCauses, history).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires when a record is given up before its time", () => {
    const history = builder();
    die(history, 1);
    expect(judge(deadLettersHaveCauses, history).message).toBe(
      "order-1 at offset 0 became a dead letter at 0.000 s on aws-a after 1 of 5 deliveries, and nobody had refused its effect.",
    );
  });

  it("holds before its time when its effect was refused for good", () => {
    const history = builder();
    history.add("aws-w", {
      ...{ kind: "refusal", operation: "reserve", reason: "conflict", key: "effect:order-1", detail: {} },
    } as const);
    die(history, 1);
    expect(judge(deadLettersHaveCauses, history).report.verdict).toBe("held");
  });

  it("fires in calm weather on a payment that could be charged, and not in a storm", () => {
    const calm = builder();
    die(calm, 5);
    expect(judge(deadLettersHaveCauses, calm).message).toContain("though nothing had gone wrong");
    const storm = builder();
    storm.add("world", {
      ...{ kind: "fault", phase: "start", fault: "f1", faultKind: "crash", target: "aws-w" },
    } as const);
    die(storm, 5);
    expect(judge(deadLettersHaveCauses, storm).report.verdict).toBe("held");
  });
});
