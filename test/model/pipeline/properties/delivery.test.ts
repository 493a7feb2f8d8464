import { describe, expect, it } from "vitest";
import {
  cursorIsTheAckedPrefix,
  noAckBeforeEffect,
  placementIsRespected,
} from "../../../../src/model/pipeline/properties/delivery.js";
import {
  completed,
  delivery,
  group,
  HistoryBuilder,
  judge,
  record,
} from "../../../support/history-builder.js";

const DELIVERY = "delivery/checkout-workers/0";
const ACK = "ack/checkout-workers/0";
const CURSOR = "cursor/checkout-workers";

function placed(...placement: string[]): HistoryBuilder {
  const tale = new HistoryBuilder();
  tale.at(1).applied("aws-a", "orders", 1, { "group/checkout-workers": group(...placement) });
  tale.applied("aws-a", "orders", 2, { "record/0": record("order-1") });
  return tale.at(2);
}

describe("G5, deliveries within the placement", () => {
  it("holds for a domain below an allowed path", () => {
    const tale = placed("aws", "gcp/east");
    tale.applied("aws-a", "orders", 3, { [DELIVERY]: delivery(0, 1, "gcp-w") });
    tale.stream("gcp-w", "deliver", 0, 1);
    expect(judge(placementIsRespected, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("does not take a path's beginning for the path", () => {
    const tale = placed("gcp/ea");
    tale.applied("aws-a", "orders", 3, { [DELIVERY]: delivery(0, 1, "gcp-w") });
    expect(judge(placementIsRespected, tale).report.verdict).toBe("violated");
  });

  it("fires when a record is handed to a domain that is not allowed", () => {
    const tale = placed("aws");
    const handed = tale.applied("aws-a", "orders", 3, { [DELIVERY]: delivery(0, 1, "gcp-w") });
    const { message, evidence } = judge(placementIsRespected, tale);
    expect(message).toBe(
      "Offset 0 was handed to gcp/east at 2.000 s on aws-a, but checkout-workers allows only aws.",
    );
    expect(evidence).toEqual([0, handed]);
  });

  it("fires when somebody in another domain received what was handed out", () => {
    const tale = placed("aws", "gcp");
    const handed = tale.applied("aws-a", "orders", 3, { [DELIVERY]: delivery(0, 1, "aws-w") });
    const received = tale.at(3).stream("gcp-w", "deliver", 0, 1);
    const { message, evidence } = judge(placementIsRespected, tale);
    expect(message).toBe(
      "Delivery checkout-workers/0/1 was handed to aws/east at 2.000 s but received by gcp-w in gcp/east at 3.000 s.",
    );
    expect(evidence).toEqual([handed, received]);
  });

  it("fires on a delivery that was never committed", () => {
    const tale = placed("aws");
    tale.stream("aws-w", "deliver", 0, 1);
    expect(judge(placementIsRespected, tale).message).toBe(
      "aws-w received delivery checkout-workers/0/1 at 2.000 s, which was never committed.",
    );
  });
});

describe("G7, acks follow effects and come from the live delivery", () => {
  function inFlight(): HistoryBuilder {
    const tale = placed("aws");
    tale.applied("aws-a", "orders", 3, { [DELIVERY]: delivery(0, 1, "aws-w") });
    return tale.at(3);
  }
  const effect = (tale: HistoryBuilder): number =>
    tale.applied("aws-a", "order-effects", 7, {
      "key/effect:order-1": completed("aws-w", { status: "captured" }),
    });
  const ack = (tale: HistoryBuilder, count = 1): number =>
    tale.applied("aws-a", "orders", 9, {
      [DELIVERY]: null,
      [ACK]: { deliveryId: `checkout-workers/0/${count}` },
    });

  it("holds when the effect is complete before the ack is asked for and committed", () => {
    const tale = inFlight();
    effect(tale);
    tale.stream("aws-w", "ack", 0, 1);
    ack(tale);
    expect(judge(noAckBeforeEffect, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fires when the worker asks for the ack first", () => {
    const tale = inFlight();
    const asked = tale.stream("aws-w", "ack", 0, 1);
    effect(tale);
    ack(tale);
    const { message, evidence } = judge(noAckBeforeEffect, tale);
    expect(message).toBe(
      "The ack that was asked for of offset 0 at 3.000 s on aws-w came before any effect of order-1 was completed.",
    );
    expect(evidence).toEqual([1, asked]);
  });

  it("fires when the committed ack comes before the effect", () => {
    const tale = inFlight();
    ack(tale);
    effect(tale);
    expect(judge(noAckBeforeEffect, tale).message).toBe(
      "The committed ack of offset 0 at 3.000 s on aws-a came before any effect of order-1 was completed.",
    );
  });

  it("fires when a stale delivery takes the ack of a live one", () => {
    const tale = inFlight();
    tale.applied("aws-a", "orders", 4, { [DELIVERY]: null });
    const live = tale.at(5).applied("aws-a", "orders", 5, { [DELIVERY]: delivery(0, 2, "gcp-w") });
    effect(tale);
    const stale = ack(tale.at(6), 1);
    const { message, evidence } = judge(noAckBeforeEffect, tale);
    expect(message).toBe(
      "Offset 0 of checkout-workers was acked by delivery checkout-workers/0/1 at 6.000 s on aws-a, when checkout-workers/0/2 was live since 5.000 s.",
    );
    expect(evidence).toEqual([live, stale]);
  });

  it("fires when an ack comes after its delivery's time ran out", () => {
    const tale = inFlight();
    tale.applied("aws-a", "orders", 4, { [DELIVERY]: null });
    effect(tale);
    ack(tale);
    expect(judge(noAckBeforeEffect, tale).message).toContain("when no delivery of it was live.");
  });
});

describe("G9, the cursor is the acked prefix", () => {
  const ack = (tale: HistoryBuilder, index: number, offset: number, cursor?: number): number =>
    tale.applied("aws-a", "orders", index, {
      [`ack/checkout-workers/${offset}`]: { deliveryId: `checkout-workers/${offset}/1` },
      ...(cursor === undefined ? {} : { [CURSOR]: cursor }),
    });

  it("holds when acks come out of order and the cursor follows the prefix", () => {
    const tale = new HistoryBuilder();
    ack(tale, 1, 1);
    ack(tale, 2, 0, 2);
    ack(tale, 3, 2, 3);
    expect(judge(cursorIsTheAckedPrefix, tale).report).toMatchObject({ verdict: "held", checked: 4 });
  });

  it("fires when the cursor passes an offset that was not acked", () => {
    const tale = new HistoryBuilder();
    const event = ack(tale.at(4), 1, 1, 2);
    const { message, evidence } = judge(cursorIsTheAckedPrefix, tale);
    expect(message).toBe(
      "The cursor of checkout-workers was set to 2 at 4.000 s on aws-a, past offset 0, which was never acked.",
    );
    expect(evidence).toEqual([event]);
  });

  it("fires when the cursor goes back", () => {
    const tale = new HistoryBuilder();
    ack(tale, 1, 0);
    const far = ack(tale.at(1), 2, 1, 2);
    const back = tale.at(2).applied("aws-a", "orders", 3, { [CURSOR]: 1 });
    const { message, evidence } = judge(cursorIsTheAckedPrefix, tale);
    expect(message).toBe(
      "The cursor of checkout-workers went back from 2 at 1.000 s to 1 at 2.000 s on aws-a.",
    );
    expect(evidence).toEqual([far, back]);
  });

  it("fires when the cursor stays behind", () => {
    const tale = new HistoryBuilder();
    ack(tale, 1, 0, 1);
    ack(tale.at(3), 2, 1);
    expect(judge(cursorIsTheAckedPrefix, tale).message).toBe(
      "The cursor of checkout-workers stayed at 1 at 3.000 s on aws-a, though that offset was acked at 3.000 s.",
    );
  });
});
