import { describe, expect, it } from "vitest";
import { survivorsAreServed } from "../../../../src/model/pipeline/properties/survivors.js";
import type { Fault } from "../../../../src/sim/faults/catalogue.js";
import { SECOND } from "../../../../src/sim/time.js";
import { group, HistoryBuilder, judge, record } from "../../../support/history-builder.js";

const lost: Fault = { kind: "host-loss", id: "f-1", at: 5 * SECOND, target: "aws-w" };

/** A minute in which a worker is lost at 5 s, and healAt is long after. */
function withoutWorker(faults: readonly Fault[] = [lost]): HistoryBuilder {
  const history = new HistoryBuilder({ faults });
  history.applied("aws-a", "orders", 1, { "group/checkout-workers": group("aws", "gcp") });
  history.at(5).add("aws-w", { kind: "host", phase: "gone", incarnation: 1 });
  return history;
}

describe("survivors are served", () => {
  it("holds when webhooks are answered and records done while the loss lasts", () => {
    const history = withoutWorker();
    history.at(20).accepted("wh-1", 0);
    history.applied("aws-a", "orders", 2, { "record/0": record("order-1") });
    history.at(22).applied("aws-a", "orders", 3, { "ack/checkout-workers/0": { deliveryId: "d" } });
    expect(judge(survivorsAreServed, history).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires before the heal, on a webhook that nobody answers", () => {
    const history = withoutWorker();
    history.at(20).client("call", "accept", "wh-1/1", "wh-1");
    expect(judge(survivorsAreServed, history).message).toBe(
      "Webhook wh-1 was sent at 20.000 s, with nothing wrong since 5.000 s but that aws-w never came back, and had no definite answer by 32.000 s.",
    );
  });

  it("fires on a record that is done too late", () => {
    const history = withoutWorker();
    history.at(20).applied("aws-a", "orders", 2, { "record/0": record("order-1") });
    history.at(50).applied("aws-a", "orders", 3, { "ack/checkout-workers/0": { deliveryId: "d" } });
    expect(judge(survivorsAreServed, history).message).toBe(
      "order-1 was committed at offset 0 at 20.000 s, with nothing wrong since 5.000 s but that aws-w never came back, and was done only at 50.000 s.",
    );
  });

  it("asks nothing where nothing lasts, or where something else is wrong until the heal", () => {
    const crash: Fault = { kind: "crash", id: "f-2", at: 30 * SECOND, for: 10 * SECOND, target: "gcp-w" };
    for (const faults of [[crash], [lost, crash]]) {
      const history = withoutWorker(faults);
      history.at(20).client("call", "accept", "wh-1/1", "wh-1");
      expect(judge(survivorsAreServed, history).report.verdict).toBe("vacuous");
    }
  });
});
