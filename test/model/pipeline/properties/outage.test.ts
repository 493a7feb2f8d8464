import { describe, expect, it } from "vitest";
import { providerLossIsSurvived } from "../../../../src/model/pipeline/properties/outage.js";
import type { Fault } from "../../../../src/sim/faults/catalogue.js";
import { SECOND } from "../../../../src/sim/time.js";
import { group, HistoryBuilder, judge, record } from "../../../support/history-builder.js";

/** AWS is lost from 5 s to 35 s. */
const LOSS: Fault = {
  id: "loss",
  kind: "domain-loss",
  target: "provider/aws",
  at: 5 * SECOND,
  for: 30 * SECOND,
};

function outage(parts: ConstructorParameters<typeof HistoryBuilder>[0] = {}): HistoryBuilder {
  const tale = new HistoryBuilder({ faults: [LOSS], ...parts });
  tale.applied("gcp-a", "orders", 1, { "group/checkout-workers": group("aws", "gcp") });
  return tale;
}
const begin = (tale: HistoryBuilder): number =>
  tale.at(5).add("world", {
    kind: "fault",
    phase: "start",
    fault: "loss",
    faultKind: "domain-loss",
    target: "provider/aws",
  });

/** Shops send four webhooks while the provider is lost; their outcome comes a second later. */
function webhooks(tale: HistoryBuilder, phase: "ok" | "info"): void {
  for (let offset = 0; offset < 4; offset++) {
    const key = `order-${offset}`;
    tale.at(15 + offset).client("call", "accept", key, key);
    if (phase === "ok") tale.applied("gcp-a", "orders", 10 + offset, { [`record/${offset}`]: record(key) });
    tale.at(16 + offset).client(phase, "accept", key, key, phase === "ok" ? { offset, orderId: key } : {});
  }
}
const ack = (tale: HistoryBuilder): number =>
  tale
    .at(30)
    .applied("gcp-a", "orders", 20, { "ack/checkout-workers/0": { deliveryId: "checkout-workers/0/1" } });

describe("G13, the loss of one provider", () => {
  it("holds when the survivors accept and acknowledge", () => {
    const tale = outage();
    begin(tale);
    webhooks(tale, "ok");
    ack(tale);
    expect(judge(providerLossIsSurvived, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires when nothing is accepted", () => {
    const tale = outage();
    const start = begin(tale);
    webhooks(tale, "info");
    const { message, evidence } = judge(providerLossIsSurvived, tale);
    expect(message).toBe(
      "aws was lost from 5.000 s to 35.000 s, and none of 4 webhooks that surviving shops sent was accepted after 13.000 s.",
    );
    expect(evidence).toEqual([start]);
  });

  it("fires when nothing is acknowledged", () => {
    const tale = outage();
    begin(tale);
    webhooks(tale, "ok");
    expect(judge(providerLossIsSurvived, tale).message).toBe(
      "aws was lost from 5.000 s to 35.000 s, and none of 4 records committed meanwhile was acked after 13.000 s.",
    );
  });

  it("asks for no progress when the survivors are no quorum", () => {
    const tale = outage();
    tale.state("aws-a", "membership", "orders", "1", "2", {
      voters: ["aws-a", "gcp-a"],
      learners: [],
      witnesses: [],
    });
    begin(tale);
    webhooks(tale, "info");
    expect(judge(providerLossIsSurvived, tale).report.verdict).toBe("vacuous");
  });

  it("does not count a voter that is recovering", () => {
    const tale = outage();
    tale.state("azure-a", "raft", "orders@azure-a", "follower", "recovering", { term: 0 });
    begin(tale);
    webhooks(tale, "info");
    expect(judge(providerLossIsSurvived, tale).report.verdict).toBe("vacuous");
  });

  it("asks for progress all the same of a deployment that promises it", () => {
    const tale = outage({ knobs: { toleratesProviderLoss: true } });
    tale.state("aws-a", "membership", "orders", "1", "2", {
      voters: ["aws-a", "gcp-a"],
      learners: [],
      witnesses: [],
    });
    begin(tale);
    webhooks(tale, "info");
    expect(judge(providerLossIsSurvived, tale).report.verdict).toBe("violated");
  });

  it("fires when something is answered without a quorum and without a commit", () => {
    const tale = outage();
    tale.state("aws-a", "membership", "orders", "1", "2", {
      voters: ["aws-a", "gcp-a"],
      learners: [],
      witnesses: [],
    });
    const start = begin(tale);
    tale.at(6).client("call", "accept", "r", "order-1");
    const answer = tale.at(7).client("ok", "accept", "r", "order-1", { offset: 0, orderId: "order-1" });
    const { message, evidence } = judge(providerLossIsSurvived, tale);
    expect(message).toBe(
      "order-1 was answered with success at 7.000 s, though it was not committed and aws was lost since 5.000 s, without which there is no quorum.",
    );
    expect(evidence).toEqual([start, answer]);
  });

  it("asks for no progress while another fault or a drain disturbs the survivors", () => {
    const pause: Fault = { id: "p", kind: "pause", target: "gcp-a", at: 20 * SECOND, for: SECOND };
    const disturbed = outage({ faults: [LOSS, pause] });
    begin(disturbed);
    webhooks(disturbed, "info");
    expect(judge(providerLossIsSurvived, disturbed).report.verdict).toBe("vacuous");

    const drained = outage();
    begin(drained);
    drained.at(6).operator("drain", { host: "gcp-g" });
    webhooks(drained, "info");
    expect(judge(providerLossIsSurvived, drained).report.verdict).toBe("vacuous");
  });

  it("is not disturbed by faults of what is lost anyway", () => {
    const pause: Fault = { id: "p", kind: "pause", target: "aws-a", at: 20 * SECOND, for: SECOND };
    const tale = outage({ faults: [LOSS, pause] });
    begin(tale);
    webhooks(tale, "info");
    expect(judge(providerLossIsSurvived, tale).report.verdict).toBe("violated");
  });
});
