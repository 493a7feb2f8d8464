import { describe, expect, it } from "vitest";
import {
  acceptedOrdersStayReadable,
  noAnswerBeforeCommit,
  oneRecordPerKey,
} from "../../../../src/model/pipeline/properties/acceptance.js";
import { completed, HistoryBuilder, judge, record, reserved } from "../../../support/history-builder.js";

describe("G1, accepted orders stay readable", () => {
  it("holds when the record is committed and read back", () => {
    const tale = new HistoryBuilder();
    tale.applied("aws-a", "orders", 5, { "record/0": record("order-1") });
    tale.accepted("order-1", 0);
    tale.applied("gcp-a", "orders", 5, { "record/0": record("order-1") });
    tale.client("call", "read", "r1", "orders/0");
    tale.client("ok", "read", "r1", "orders/0", { key: "order-1", sha256: "sha-of-order-1" });
    const { report } = judge(acceptedOrdersStayReadable, tale);
    expect(report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("is idle when nothing was accepted", () => {
    expect(judge(acceptedOrdersStayReadable, new HistoryBuilder()).report.verdict).toBe("vacuous");
  });

  it("fires when something else is committed at the offset already", () => {
    const tale = new HistoryBuilder();
    const commit = tale.at(1).applied("aws-a", "orders", 5, { "record/0": record("order-2") });
    const answer = tale.at(2.5).accepted("order-1", 0);
    const { message, evidence } = judge(acceptedOrdersStayReadable, tale);
    expect(message).toBe(
      "order-1 was accepted at offset 0 at 2.500 s, but order-2 was committed there at 1.000 s on aws-a.",
    );
    expect(evidence).toEqual([commit, answer]);
  });

  it("fires when another record takes the offset after the answer", () => {
    const tale = new HistoryBuilder();
    const answer = tale.at(1).accepted("order-1", 3);
    const commit = tale.at(9).applied("gcp-a", "orders", 5, { "record/3": record("order-2") });
    const { message, evidence } = judge(acceptedOrdersStayReadable, tale);
    expect(message).toBe(
      "order-1 was accepted at offset 3 at 1.000 s, but at 9.000 s on gcp-a order-2 was applied there.",
    );
    expect(evidence).toEqual([answer, commit]);
  });

  it("fires when one replica holds another record at the offset", () => {
    const tale = new HistoryBuilder();
    tale.applied("aws-a", "orders", 5, { "record/0": record("order-1") });
    const answer = tale.accepted("order-1", 0);
    const stray = tale.at(4).applied("azure-a", "orders", 5, { "record/0": record("order-9") });
    expect(judge(acceptedOrdersStayReadable, tale).evidence).toEqual([answer, stray]);
  });

  it("fires when the record is taken away", () => {
    const tale = new HistoryBuilder();
    tale.applied("aws-a", "orders", 5, { "record/0": record("order-1") });
    tale.accepted("order-1", 0);
    tale.at(4).applied("aws-a", "orders", 6, { "record/0": null });
    expect(judge(acceptedOrdersStayReadable, tale).message).toContain(
      "at 4.000 s on aws-a the record was taken away",
    );
  });

  it("fires at the end when the offset never committed", () => {
    const tale = new HistoryBuilder();
    const answer = tale.at(1).accepted("order-1", 3);
    const { message, evidence } = judge(acceptedOrdersStayReadable, tale);
    expect(message).toBe(
      "order-1 was accepted at offset 3 at 1.000 s, but no replica ever committed that offset.",
    );
    expect(evidence).toEqual([answer]);
  });

  it("fires when a later read finds nothing, or other content", () => {
    const committed = (): HistoryBuilder => {
      const tale = new HistoryBuilder();
      tale.applied("aws-a", "orders", 5, { "record/0": record("order-1") });
      tale.at(1).accepted("order-1", 0);
      tale.at(50).client("call", "read", "r1", "orders/0");
      return tale;
    };
    const empty = committed();
    empty.client("ok", "read", "r1", "orders/0", null);
    expect(judge(acceptedOrdersStayReadable, empty).message).toContain(
      "but a read at 50.000 s on shop found nothing there.",
    );
    const other = committed();
    other.client("ok", "read", "r1", "orders/0", { key: "order-1", sha256: "ffffffffffff" });
    expect(judge(acceptedOrdersStayReadable, other).message).toContain("found content ffffffff….");
  });

  it("does not hold a read against an answer that came while it was under way", () => {
    const tale = new HistoryBuilder();
    tale.client("call", "read", "r1", "orders/0");
    tale.applied("aws-a", "orders", 5, { "record/0": record("order-1") });
    tale.accepted("order-1", 0);
    tale.client("ok", "read", "r1", "orders/0", null);
    expect(judge(acceptedOrdersStayReadable, tale).report.verdict).toBe("held");
  });
});

describe("G2, one record and one answer for a key", () => {
  it("holds when duplicates get the first one's offset", () => {
    const tale = new HistoryBuilder();
    tale.applied("aws-a", "orders", 5, { "record/0": record("order-1") });
    tale.accepted("order-1", 0, "a");
    tale.accepted("order-1", 0, "b");
    expect(judge(oneRecordPerKey, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fires on a second record under the same key", () => {
    const tale = new HistoryBuilder();
    const first = tale.at(1).applied("aws-a", "orders", 5, { "record/0": record("order-1") });
    const second = tale.at(7.25).applied("aws-a", "orders", 9, { "record/4": record("order-1") });
    const { message, evidence } = judge(oneRecordPerKey, tale);
    expect(message).toBe("order-1 was committed twice: at offset 0 at 1.000 s and at offset 4 at 7.250 s.");
    expect(evidence).toEqual([first, second]);
  });

  it("fires on two answers with different offsets", () => {
    const tale = new HistoryBuilder();
    tale.at(1).accepted("order-1", 0, "a");
    tale.at(2).accepted("order-1", 4, "b");
    expect(judge(oneRecordPerKey, tale).message).toBe(
      "order-1 was answered with offset 0 at 1.000 s and with offset 4 at 2.000 s.",
    );
  });

  it("fires when another payload under the key is accepted, and not when it is refused", () => {
    const told = (phase: "ok" | "fail"): HistoryBuilder => {
      const tale = new HistoryBuilder();
      tale.accepted("order-1", 0, "a");
      tale
        .at(3)
        .client("call", "accept", "b", "order-1", { orderId: "order-1", cents: 999, currency: "EUR" });
      tale.at(4).client(phase, "accept", "b", "order-1", { offset: 0, orderId: "order-1" });
      return tale;
    };
    expect(judge(oneRecordPerKey, told("fail")).report.verdict).toBe("held");
    const { message, evidence } = judge(oneRecordPerKey, told("ok"));
    expect(message).toContain(
      "(asked at 3.000 s, answered at 4.000 s): it should have been refused as a conflict.",
    );
    expect(evidence).toEqual([0, 2, 3]);
  });

  it("takes a source that is left out for an empty one", () => {
    const tale = new HistoryBuilder();
    tale.accepted("order-1", 0, "a");
    tale.client("call", "accept", "b", "order-1", {
      orderId: "order-1",
      cents: 100,
      currency: "EUR",
      source: "",
    });
    tale.client("ok", "accept", "b", "order-1", { offset: 0 });
    expect(judge(oneRecordPerKey, tale).report.verdict).toBe("held");
  });
});

describe("G3, reserve before commit before complete before answer", () => {
  const reserve = (tale: HistoryBuilder): number =>
    tale.applied("aws-a", "order-effects", 1, { "key/accept:order-1": reserved("aws-g") });
  const commit = (tale: HistoryBuilder): number =>
    tale.applied("aws-a", "orders", 1, { "record/0": record("order-1") });
  const complete = (tale: HistoryBuilder): number =>
    tale.applied("aws-a", "order-effects", 2, { "key/accept:order-1": completed("aws-g", { offset: 0 }) });

  it("holds in that order", () => {
    const tale = new HistoryBuilder();
    for (const step of [reserve, commit, complete]) step(tale);
    tale.accepted("order-1", 0);
    expect(judge(noAnswerBeforeCommit, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fires when a record commits without a reservation", () => {
    const tale = new HistoryBuilder();
    const event = commit(tale.at(2));
    const { message, evidence } = judge(noAnswerBeforeCommit, tale);
    expect(message).toBe(
      "The record of order-1 was committed at 2.000 s on aws-a before its key was reserved.",
    );
    expect(evidence).toEqual([event]);
  });

  it("fires when the key completes before the record commits", () => {
    const tale = new HistoryBuilder();
    reserve(tale);
    complete(tale.at(2));
    commit(tale.at(3));
    expect(judge(noAnswerBeforeCommit, tale).message).toBe(
      "order-1 was completed at 2.000 s on aws-a before any record of it was committed.",
    );
  });

  it("fires when success is answered before the key completes", () => {
    const tale = new HistoryBuilder();
    reserve(tale);
    commit(tale);
    tale.at(2).accepted("order-1", 0);
    expect(judge(noAnswerBeforeCommit, tale).message).toBe(
      "order-1 was answered with success at 2.000 s on shop before its key was completed.",
    );
  });

  it("judges nothing on the local fast path, where answers come before commits by design", () => {
    const tale = new HistoryBuilder({ knobs: { acknowledgement: "local-fast-path" } });
    tale.accepted("order-1", 0);
    expect(judge(noAnswerBeforeCommit, tale).report.verdict).toBe("vacuous");
  });
});
