import { describe, expect, it } from "vitest";
import {
  everyRecordIsAcked,
  everyWebhookIsAnswered,
} from "../../../../src/model/pipeline/properties/liveness.js";
import { delivery, group, HistoryBuilder, judge, record } from "../../../support/history-builder.js";

const KEEPER = { id: "aws-k", domain: { provider: "aws", region: "east" } };

function queue(...placement: string[]): HistoryBuilder {
  const tale = new HistoryBuilder();
  tale.applied("aws-a", "orders", 1, { "group/checkout-workers": group(...placement) });
  tale.at(5).applied("aws-a", "orders", 2, { "record/0": record("order-1") });
  return tale;
}

describe("G6, every record is acked or a dead letter in the end", () => {
  it("holds for what was acked and what is dead", () => {
    const tale = queue("aws");
    tale.applied("aws-a", "orders", 3, { "record/1": record("order-2") });
    tale.applied("aws-a", "orders", 4, { "ack/checkout-workers/0": { deliveryId: "checkout-workers/0/1" } });
    tale.applied("aws-a", "orders", 5, { "dead/checkout-workers/1": { count: 5 } });
    expect(judge(everyRecordIsAcked, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires for a record that was left lying", () => {
    const tale = queue("aws");
    const { message, evidence } = judge(everyRecordIsAcked, tale);
    expect(message).toBe(
      "order-1 was committed at offset 0 at 5.000 s, but checkout-workers never acked it and it is no dead letter: it was never handed to a worker.",
    );
    expect(evidence).toEqual([1]);
  });

  it("says where the record is, which is different for each cause", () => {
    const told = (history: HistoryBuilder): string =>
      judge(everyRecordIsAcked, history).message.split(": ")[1] ?? "";
    const handed = (): HistoryBuilder => {
      const history = queue("aws");
      history.at(6).applied("aws-a", "orders", 3, {
        "delivery/checkout-workers/0": delivery(0, 1, "aws-w"),
      });
      return history;
    };
    expect(told(handed())).toBe("it is with aws-w by delivery number 1 since 6.000 s.");

    const unacked = handed();
    unacked.at(7).stream("aws-w", "ack", 0, 1);
    expect(told(unacked)).toBe(
      "it is with aws-w by delivery number 1 since 6.000 s, and asked for its ack at 7.000 s, which was never committed.",
    );

    const ranOut = handed();
    ranOut.at(14).applied("aws-a", "orders", 4, { "delivery/checkout-workers/0": null });
    expect(told(ranOut)).toBe(
      "delivery number 1 to aws-w ran out at 14.000 s, and it was handed to nobody since.",
    );

    const redriven = queue("aws");
    redriven.at(8).applied("aws-a", "orders", 3, {
      "delivery/checkout-workers/0": null,
      "dead/checkout-workers/0": { count: 5 },
    });
    redriven.at(9).applied("aws-a", "orders", 4, { "dead/checkout-workers/0": null });
    expect(told(redriven)).toMatch(/^it was a dead letter, was sent on its way again at 9\.000 s/);

    const trimmed = queue("aws");
    trimmed.at(9).applied("aws-a", "orders", 3, { trimmed: 1 });
    expect(told(trimmed)).toBe("it was let go at 9.000 s, with all records before it.");
  });

  it("fires where no group was ever created, though somebody is there to create and to serve it", () => {
    const topology = [...new HistoryBuilder().plan.topology, { ...KEEPER, role: "maintenance" }];
    const history = new HistoryBuilder({ topology });
    history.at(5).applied("aws-a", "orders", 1, { "record/0": record("order-1") });
    expect(judge(everyRecordIsAcked, history).message).toBe(
      "order-1 was committed at offset 0 at 5.000 s, and no consumer group was ever created to work on it.",
    );
  });

  it("fires for a dead letter that was redriven and then left lying", () => {
    const tale = queue("aws");
    tale.applied("aws-a", "orders", 3, { "dead/checkout-workers/0": { count: 5 } });
    tale.applied("aws-a", "orders", 4, { "dead/checkout-workers/0": null });
    expect(judge(everyRecordIsAcked, tale).report.verdict).toBe("violated");
  });

  it("leaves time to a record that its worker keeps giving back", () => {
    const tale = queue("aws");
    tale.at(51).stream("aws-w", "nack", 0, 4);
    expect(judge(everyRecordIsAcked, tale).report.verdict).toBe("vacuous");
  });

  it("is no verdict on a run that can't recover by design", () => {
    expect(judge(everyRecordIsAcked, queue("aws"), true).report.verdict).toBe("unrecoverable");
  });

  it("is idle when no living worker may serve the group", () => {
    expect(judge(everyRecordIsAcked, queue("azure")).report.verdict).toBe("vacuous");
    const drained = queue("aws");
    drained.at(39).operator("drain", { host: "aws-w", for: 60_000_000 });
    expect(judge(everyRecordIsAcked, drained).report.verdict).toBe("vacuous");
  });

  it("does not ask about what came too late to be done", () => {
    const tale = new HistoryBuilder();
    tale.applied("aws-a", "orders", 1, { "group/checkout-workers": group("aws") });
    tale.at(51).applied("aws-a", "orders", 2, { "record/0": record("order-1") });
    expect(judge(everyRecordIsAcked, tale).report.verdict).toBe("vacuous");
  });
});

describe("G14, webhooks get a definite answer", () => {
  const ask = (tale: HistoryBuilder, attempt: number, phase: "ok" | "fail" | "info"): number => {
    const call = tale.client("call", "accept", `order-1/${attempt}`, "order-1");
    tale.client(phase, "accept", `order-1/${attempt}`, "order-1", phase === "ok" ? { offset: 0 } : {});
    return call;
  };

  it("holds for success and for refusals", () => {
    for (const phase of ["ok", "fail"] as const) {
      const tale = new HistoryBuilder();
      ask(tale.at(46), 1, "info");
      ask(tale.at(47), 2, phase);
      expect(judge(everyWebhookIsAnswered, tale).report).toMatchObject({ verdict: "held", checked: 1 });
    }
  });

  it("fires when a shop asks in vain while all is well", () => {
    const tale = new HistoryBuilder();
    const call = ask(tale.at(46), 1, "info");
    ask(tale.at(50), 2, "info");
    const { message, evidence } = judge(everyWebhookIsAnswered, tale);
    expect(message).toBe(
      "Webhook order-1 was sent at 46.000 s on shop, with no fault active, and never got a definite answer: attempt 2 came to nothing (info), its key was never reserved, and no record of it was committed.",
    );
    expect(evidence).toEqual([call, 3]);
  });

  it("does not ask about the time of the storm and just after it", () => {
    const tale = new HistoryBuilder();
    ask(tale.at(41), 1, "info");
    expect(judge(everyWebhookIsAnswered, tale).report.verdict).toBe("vacuous");
  });
});
