import { describe, expect, it } from "vitest";
import { leasesAreFenced } from "../../../../src/model/pipeline/properties/leases.js";
import { HistoryBuilder, judge } from "../../../support/history-builder.js";

describe("G11, leases and fences", () => {
  let index = 0;
  const lease = (tale: HistoryBuilder, state: string, holder: string | null, epoch: number): number =>
    tale.applied("aws-a", "order-leaders", ++index, { "lease/maintenance": { holder, epoch, state } });
  const fence = (tale: HistoryBuilder, resource: string, epoch: number): number =>
    tale.applied("aws-a", resource, ++index, { fence: epoch });
  const ttl = { knobs: { leaseTtl: 5_000_000 } };

  it("holds through grants, renewals, expiry and release", () => {
    const tale = new HistoryBuilder(ttl);
    lease(tale.at(1), "held", "a", 1);
    lease(tale.at(3), "held", "a", 1);
    lease(tale.at(8), "expired", null, 1);
    lease(tale.at(9), "held", "b", 2);
    fence(tale, "orders", 2);
    lease(tale.at(10), "released", null, 2);
    tale.lease("release", "b", 2);
    lease(tale, "held", "a", 3);
    fence(tale, "orders", 3);
    fence(tale, "order-effects", 1);
    expect(judge(leasesAreFenced, tale).report).toMatchObject({ verdict: "held", checked: 10 });
  });

  it("fires on a grant while the lease is held", () => {
    const tale = new HistoryBuilder();
    const first = lease(tale.at(1), "held", "a", 1);
    const second = lease(tale.at(2), "held", "b", 2);
    const { message, evidence } = judge(leasesAreFenced, tale);
    expect(message).toBe(
      "Lease maintenance was granted to b at 2.000 s on aws-a while a held it with epoch 1 since 1.000 s.",
    );
    expect(evidence).toEqual([first, second]);
  });

  it("fires when a resource accepts an epoch that nobody was granted", () => {
    const tale = new HistoryBuilder();
    lease(tale.at(1), "held", "a", 1);
    const stray = fence(tale, "orders", 7);
    const { message, evidence } = judge(leasesAreFenced, tale);
    expect(message).toContain("orders accepted a write with epoch 7 at 1.000 s");
    expect(evidence).toEqual([stray]);
  });

  it("fires when an expired lease is renewed, or an epoch used again", () => {
    const tale = new HistoryBuilder();
    lease(tale.at(1), "held", "a", 1);
    lease(tale.at(7), "expired", null, 1);
    lease(tale.at(8), "held", "a", 1);
    expect(judge(leasesAreFenced, tale).message).toBe(
      "Lease maintenance was granted to a with epoch 1 at 8.000 s on aws-a, after a had it with epoch 1 at 1.000 s and it expired.",
    );
  });

  it("fires when a lease expires before its time", () => {
    const tale = new HistoryBuilder(ttl);
    lease(tale.at(1), "held", "a", 1);
    lease(tale.at(3), "expired", null, 1);
    expect(judge(leasesAreFenced, tale).message).toBe(
      "Lease maintenance of a expired at 3.000 s on aws-a, only 2.000 s after it was granted or renewed at 1.000 s: it lasts at least 4.999 s.",
    );
  });

  it("fires when somebody else releases it, and not when a leader tells of a release late", () => {
    const tale = new HistoryBuilder();
    lease(tale.at(1), "held", "a", 1);
    lease(tale.at(2), "released", null, 1);
    lease(tale.at(3), "held", "b", 2);
    tale.lease("release", "a", 1);
    expect(judge(leasesAreFenced, tale).report.verdict).toBe("held");
    lease(tale.at(4), "released", null, 2);
    tale.lease("release", "c", 1);
    expect(judge(leasesAreFenced, tale).message).toBe(
      "Lease maintenance was released by c with epoch 1 at 4.000 s, but b held it with epoch 2.",
    );
  });

  it("fires when a resource accepts a lower epoch", () => {
    const tale = new HistoryBuilder();
    lease(tale, "held", "a", 1);
    lease(tale, "expired", null, 1);
    lease(tale, "held", "b", 2);
    const high = fence(tale.at(1), "order-effects", 2);
    const low = fence(tale.at(2), "order-effects", 1);
    const { message, evidence } = judge(leasesAreFenced, tale);
    expect(message).toBe(
      "order-effects accepted a write with epoch 1 at 2.000 s on aws-a, after one with epoch 2 at 1.000 s.",
    );
    expect(evidence).toEqual([high, low]);
  });

  it("fires when a checkpoint's pointer carries a lower epoch", () => {
    const tale = new HistoryBuilder();
    lease(tale, "held", "a", 1);
    lease(tale, "expired", null, 1);
    lease(tale, "held", "b", 2);
    fence(tale, "order-checkpoints", 2);
    tale.applied("aws-a", "order-checkpoints", ++index, { "pointer/orders": { version: 1, epoch: 1 } });
    expect(judge(leasesAreFenced, tale).message).toContain("order-checkpoints accepted a write with epoch 1");
  });
});
