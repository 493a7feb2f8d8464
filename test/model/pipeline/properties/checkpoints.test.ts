import { describe, expect, it } from "vitest";
import {
  checkpointBehindCursor,
  checkpointsAreSound,
} from "../../../../src/model/pipeline/properties/checkpoints.js";
import type { Json } from "../../../../src/sim/plan.js";
import { HistoryBuilder, judge } from "../../../support/history-builder.js";

const pointer = (
  version: number,
  sha256: string,
  copies: readonly string[],
  cursor = 0,
): { [key: string]: Json } => ({
  "pointer/orders": { version, sha256, bytes: 10, cursor, epoch: 1, objectCopies: copies },
});

function put(tale: HistoryBuilder, sha256: string, ...providers: string[]): number[] {
  return providers.map((provider) => {
    tale.external("aws-a", "attempt", `objects-${provider}`, "put", sha256, "content");
    return tale.external(`external/objects-${provider}`, "applied", `objects-${provider}`, "put", sha256);
  });
}

describe("G10, checkpoints that can be restored", () => {
  it("holds when the object is at a quorum first and the restored hash is the pointer's", () => {
    const tale = new HistoryBuilder();
    put(tale, "aaaa", "aws", "gcp");
    tale.applied("aws-a", "order-checkpoints", 1, pointer(1, "aaaa", ["aws", "gcp"]));
    tale.client("call", "restore", "r1", "orders");
    tale.client("ok", "restore", "r1", "orders", { version: 1, sha256: "aaaa" });
    expect(judge(checkpointsAreSound, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires when the version does not increase", () => {
    const tale = new HistoryBuilder();
    put(tale, "aaaa", "aws", "gcp");
    const first = tale.at(1).applied("aws-a", "order-checkpoints", 1, pointer(4, "aaaa", ["aws", "gcp"]));
    const again = tale.at(2).applied("aws-a", "order-checkpoints", 2, pointer(4, "aaaa", ["aws", "gcp"]));
    const { message, evidence } = judge(checkpointsAreSound, tale);
    expect(message).toBe(
      "Checkpoint orders was set to version 4 at 2.000 s on aws-a, after version 4 at 1.000 s.",
    );
    expect(evidence).toEqual([first, again]);
  });

  it("fires when the object is at one provider only", () => {
    const tale = new HistoryBuilder();
    const puts = put(tale, "aaaa", "aws");
    const set = tale.at(2).applied("aws-a", "order-checkpoints", 1, pointer(1, "aaaa", ["aws"]));
    const { message, evidence } = judge(checkpointsAreSound, tale);
    expect(message).toBe(
      "Checkpoint orders was set to version 1 at 2.000 s on aws-a when its object aaaa was known to be held by 1 provider (aws): 2 are a quorum.",
    );
    expect(evidence).toEqual([...puts, set]);
  });

  it("fires when a store has taken a part of the object only", () => {
    const tale = new HistoryBuilder();
    for (const [provider, bytes] of [
      ["aws", 10],
      ["gcp", 5],
    ] as const) {
      const value = { sha256: "aaaa", bytes };
      tale.external(`external/objects-${provider}`, "applied", `objects-${provider}`, "put", "aaaa", value);
    }
    tale.applied("aws-a", "order-checkpoints", 1, pointer(1, "aaaa", ["aws", "gcp"]));
    expect(judge(checkpointsAreSound, tale).message).toContain("held by 1 provider (aws)");
  });

  it("fires when the pointer claims copies that no store applied", () => {
    const tale = new HistoryBuilder();
    put(tale, "aaaa", "aws");
    tale.applied("aws-a", "order-checkpoints", 1, pointer(1, "aaaa", ["aws", "gcp"]));
    expect(judge(checkpointsAreSound, tale).message).toContain("held by 1 provider (aws)");
  });

  it("fires when restored bytes have another hash", () => {
    const tale = new HistoryBuilder();
    put(tale, "aaaa", "aws", "gcp");
    const set = tale.at(1).applied("aws-a", "order-checkpoints", 1, pointer(1, "aaaa", ["aws", "gcp"]));
    const call = tale.at(2).client("call", "restore", "r1", "orders");
    const ok = tale.at(3).client("ok", "restore", "r1", "orders", { version: 1, sha256: "bbbb" });
    const { message, evidence } = judge(checkpointsAreSound, tale);
    expect(message).toBe(
      "A restore of checkpoint orders at 3.000 s on shop gave bytes that hash to bbbb, but the pointer of version 1 (at 1.000 s) says aaaa.",
    );
    expect(evidence).toEqual([set, call, ok]);
  });

  it("fires when a restore gives an older version than was set before it began", () => {
    const tale = new HistoryBuilder();
    put(tale, "aaaa", "aws", "gcp");
    for (const version of [1, 2]) {
      tale
        .at(version)
        .applied("aws-a", "order-checkpoints", version, pointer(version, "aaaa", ["aws", "gcp"]));
    }
    tale.at(5).client("call", "restore", "r1", "orders");
    tale.at(6).client("ok", "restore", "r1", "orders", { version: 1, sha256: "aaaa" });
    expect(judge(checkpointsAreSound, tale).message).toBe(
      "A restore of checkpoint orders gave version 1 at 6.000 s on shop, though version 2 was set at 2.000 s, before it began at 5.000 s.",
    );
  });

  it("fires when a restore gives a version that was never set", () => {
    const tale = new HistoryBuilder();
    tale.client("call", "restore", "r1", "orders");
    tale.at(3).client("ok", "restore", "r1", "orders", { version: 9, sha256: "aaaa" });
    expect(judge(checkpointsAreSound, tale).message).toBe(
      "A restore gave version 9 of checkpoint orders at 3.000 s on shop, which was never set.",
    );
  });
});

describe("G17, checkpoints tell of a queue that was", () => {
  const cursor = (tale: HistoryBuilder, index: number, next: number): number =>
    tale.applied("aws-a", "orders", index, { "cursor/checkout-workers": next });
  const save = (tale: HistoryBuilder, version: number, at: number): number =>
    tale.applied("aws-a", "order-checkpoints", version, pointer(version, "aaaa", [], at));

  it("holds at or behind the cursor, and after a reset", () => {
    const tale = new HistoryBuilder();
    cursor(tale, 1, 5);
    save(tale, 1, 5);
    tale.operator("checkpoint-reset");
    save(tale, 2, 3);
    expect(judge(checkpointBehindCursor, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires ahead of the cursor", () => {
    const tale = new HistoryBuilder();
    const moved = cursor(tale, 1, 5);
    const saved = save(tale.at(3), 1, 8);
    const { message, evidence } = judge(checkpointBehindCursor, tale);
    expect(message).toBe(
      "Checkpoint orders was set at 3.000 s on aws-a for cursor 8, when the queue had only come to 5.",
    );
    expect(evidence).toEqual([moved, saved]);
  });

  it("fires when it goes back by itself", () => {
    const tale = new HistoryBuilder();
    cursor(tale, 1, 5);
    save(tale.at(1), 1, 5);
    save(tale.at(2), 2, 3);
    expect(judge(checkpointBehindCursor, tale).message).toBe(
      "Checkpoint orders went back from cursor 5 at 1.000 s to 3 at 2.000 s on aws-a, and no operator had reset it.",
    );
  });
});
