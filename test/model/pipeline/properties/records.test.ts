import { describe, expect, it } from "vitest";
import { replicasHoldTheSameRecords } from "../../../../src/model/pipeline/properties/records.js";
import { HistoryBuilder, judge, record } from "../../../support/history-builder.js";

describe("G4, dense offsets with one content on every replica", () => {
  it("holds when replicas agree, replays included", () => {
    const tale = new HistoryBuilder();
    for (const replica of ["aws-a", "gcp-a", "aws-a"]) {
      tale.applied(replica, "orders", 3, { "record/0": record("order-1") });
      tale.applied(replica, "orders", 4, { "record/1": record("order-2") });
    }
    expect(judge(replicasHoldTheSameRecords, tale).report).toMatchObject({ verdict: "held", checked: 6 });
  });

  it("fires when an offset is left out", () => {
    const tale = new HistoryBuilder();
    const first = tale.at(1).applied("aws-a", "orders", 3, { "record/0": record("order-1") });
    const third = tale.at(2).applied("aws-a", "orders", 4, { "record/2": record("order-3") });
    const { message, evidence } = judge(replicasHoldTheSameRecords, tale);
    expect(message).toBe(
      "Offset 2 was committed at 2.000 s on aws-a after 0 at 1.000 s: offset 1 was left out.",
    );
    expect(evidence).toEqual([first, third]);
  });

  it("fires when an offset is given twice", () => {
    const tale = new HistoryBuilder();
    const first = tale.at(1).applied("aws-a", "orders", 3, { "record/0": record("order-1") });
    const again = tale.at(2).applied("gcp-a", "orders", 8, { "record/0": record("order-2") });
    const { message, evidence } = judge(replicasHoldTheSameRecords, tale);
    expect(message).toBe("Offset 0 was given twice: to order-1 at 1.000 s and to order-2 at 2.000 s.");
    expect(evidence).toEqual([first, again]);
  });

  it("fires when a replica has other content at the same index", () => {
    const tale = new HistoryBuilder();
    const first = tale.at(1).applied("aws-a", "orders", 3, { "record/0": record("order-1", "aaaa") });
    const other = tale.at(2).applied("gcp-a", "orders", 3, { "record/0": record("order-1", "bbbb") });
    const { message, evidence } = judge(replicasHoldTheSameRecords, tale);
    expect(message).toBe(
      "Offset 0 is order-1 (aaaa) at 1.000 s on aws-a but order-1 (bbbb) at 2.000 s on gcp-a.",
    );
    expect(evidence).toEqual([first, other]);
  });
});
