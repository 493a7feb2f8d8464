import { describe, expect, it } from "vitest";
import {
  exclusiveDelivery,
  exclusiveReservation,
} from "../../../../src/model/pipeline/properties/exclusive-delivery.js";
import { completed, delivery, HistoryBuilder, judge, reserved } from "../../../support/history-builder.js";

const DELIVERY = "delivery/checkout-workers/0";
const DEAD = "dead/checkout-workers/0";
const KNOBS = { visibility: 8_000_000, maxDeliver: 2, reservation: 6_000_000 };

describe("G15, exclusive delivery of records", () => {
  let index = 0;
  const handOut = (tale: HistoryBuilder, count: number, worker = "aws-w"): number =>
    tale.applied("aws-a", "orders", ++index, { [DELIVERY]: delivery(0, count, worker) });
  const end = (tale: HistoryBuilder, writes = {}): number =>
    tale.applied("aws-a", "orders", ++index, { [DELIVERY]: null, ...writes });

  it("holds when time runs out or the worker gives the record back", () => {
    const tale = new HistoryBuilder({ knobs: KNOBS });
    handOut(tale.at(1), 1);
    end(tale.at(9));
    handOut(tale.at(9), 2);
    tale.stream("aws-w", "nack", 0, 2);
    end(tale.at(9.1), { [DEAD]: { count: 2 } });
    tale.applied("aws-a", "orders", ++index, { [DEAD]: null });
    handOut(tale, 3);
    expect(judge(exclusiveDelivery, tale).report).toMatchObject({ verdict: "held", checked: 4 });
  });

  it("fires when a record is handed out while somebody has it", () => {
    const tale = new HistoryBuilder({ knobs: KNOBS });
    const first = handOut(tale.at(1), 1);
    const second = handOut(tale.at(2), 2, "gcp-w");
    const { message, evidence } = judge(exclusiveDelivery, tale);
    expect(message).toBe(
      "checkout-workers/0 was handed to gcp-w at 2.000 s on aws-a while delivery checkout-workers/0/1, handed out at 1.000 s, was still live.",
    );
    expect(evidence).toEqual([first, second]);
  });

  it("fires when a delivery ends before its time", () => {
    const tale = new HistoryBuilder({ knobs: KNOBS });
    handOut(tale.at(1), 1);
    end(tale.at(4));
    expect(judge(exclusiveDelivery, tale).message).toBe(
      "Delivery checkout-workers/0/1, handed out at 1.000 s, ended already at 4.000 s on aws-a: nobody gave it back, and its time had not run out.",
    );
  });

  it("allows for clocks that run fast", () => {
    const drift = { id: "f", kind: "clock-drift", target: "*", at: 0, for: 1_000_000, ppm: 200_000 } as const;
    const tale = new HistoryBuilder({ knobs: KNOBS, faults: [drift] });
    handOut(tale.at(1), 1);
    end(tale.at(7.8));
    expect(judge(exclusiveDelivery, tale).report.verdict).toBe("held");
  });

  it("fires when the count is lost", () => {
    const tale = new HistoryBuilder();
    handOut(tale.at(1), 1);
    end(tale.at(2));
    handOut(tale.at(3), 1);
    expect(judge(exclusiveDelivery, tale).message).toBe(
      "checkout-workers/0 was delivered as number 1 at 3.000 s on aws-a after number 1.",
    );
  });

  it("fires past the limit of deliveries", () => {
    const tale = new HistoryBuilder({ knobs: { maxDeliver: 1 } });
    handOut(tale.at(1), 1);
    end(tale.at(2));
    handOut(tale.at(3), 2);
    expect(judge(exclusiveDelivery, tale).message).toBe(
      "checkout-workers/0 was delivered 2 times by 3.000 s on aws-a, past the limit of 1.",
    );
  });

  it("fires when an acked record is handed out", () => {
    const tale = new HistoryBuilder();
    handOut(tale.at(1), 1);
    end(tale.at(2), { "ack/checkout-workers/0": { deliveryId: "checkout-workers/0/1" } });
    handOut(tale.at(3), 2);
    expect(judge(exclusiveDelivery, tale).message).toBe(
      "checkout-workers/0 was handed to aws-w at 3.000 s on aws-a, though it was acked at 2.000 s.",
    );
  });
});

describe("G16, exclusive use of keys", () => {
  const KEY = "key/effect:order-1";

  it("holds when another attempt takes over after expiry", () => {
    const tale = new HistoryBuilder({ knobs: KNOBS });
    tale.at(1).applied("aws-a", "order-effects", 1, { [KEY]: reserved("aws-w") });
    tale.at(7).applied("aws-a", "order-effects", 2, { [KEY]: reserved("aws-w", 1, true) });
    tale.at(8).applied("aws-a", "order-effects", 3, { [KEY]: reserved("gcp-w", 2) });
    tale.at(9).applied("aws-a", "order-effects", 4, { [KEY]: completed("gcp-w", {}, 2) });
    expect(judge(exclusiveReservation, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fires when another attempt gets the key while it is held", () => {
    const tale = new HistoryBuilder();
    const first = tale.at(1).applied("aws-a", "order-effects", 1, { [KEY]: reserved("aws-w") });
    const second = tale.at(2).applied("aws-a", "order-effects", 2, { [KEY]: reserved("gcp-w", 2) });
    const { message, evidence } = judge(exclusiveReservation, tale);
    expect(message).toBe(
      "effect:order-1 was taken over by attempt 2 of gcp-w at 2.000 s on aws-a, while attempt 1 of aws-w held it since 1.000 s.",
    );
    expect(evidence).toEqual([first, second]);
  });

  it("fires when a reservation expires before its time", () => {
    const tale = new HistoryBuilder({ knobs: KNOBS });
    tale.at(1).applied("aws-a", "order-effects", 1, { [KEY]: reserved("aws-w") });
    tale.at(3).applied("aws-a", "order-effects", 2, { [KEY]: reserved("aws-w", 1, true) });
    expect(judge(exclusiveReservation, tale).message).toBe(
      "The reservation of effect:order-1 by aws-w, made at 1.000 s, expired already at 3.000 s on aws-a: its time had not run out.",
    );
  });
});
