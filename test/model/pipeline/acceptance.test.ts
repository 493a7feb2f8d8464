import { describe, expect, it } from "vitest";
import { GOALS } from "../../../src/model/pipeline/goals.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { EventOf, HistoryEvent } from "../../../src/sim/history.js";
import { SECOND } from "../../../src/sim/time.js";
import { finished, soloPipeline, webhook } from "./solo-pipeline.js";

const crash = (target: string, at: number): Fault => ({
  id: `${target}-${at}`,
  kind: "crash",
  target,
  at,
  for: SECOND,
});

describe("a webhook", () => {
  it("is accepted with the offset of its record", async () => {
    const history = await finished(soloPipeline({ webhooks: [webhook(1), webhook(2)] }));
    expect(history.answers("delivery-1")).toEqual([
      { phase: "ok", value: { offset: 0, orderId: "order-1" } },
    ]);
    expect(history.answers("delivery-2")).toEqual([
      { phase: "ok", value: { offset: 1, orderId: "order-2" } },
    ]);
    expect(history.of("publish-ack").map(({ sequence }) => sequence)).toEqual([0, 1]);
  });

  it("that comes again gets the offset of the first, and nothing is appended", async () => {
    const history = await finished(soloPipeline({ webhooks: [webhook(1), webhook(2), webhook(1)] }));
    const accepted = { phase: "ok", value: { offset: 0, orderId: "order-1" } };
    expect(history.answers("delivery-1")).toEqual([accepted, accepted]);
    expect(history.writes("record/")).toHaveLength(2);
    expect(history.reached(GOALS.duplicateReplayed)).toBe(true);
  });

  it("that comes with another payload is refused", async () => {
    const webhooks = [webhook(1), webhook(2), webhook(1, { cents: 1 })];
    const history = await finished(soloPipeline({ webhooks }));
    expect(history.answers("delivery-1")[1]).toEqual({ phase: "fail", value: { reason: "conflict" } });
    expect(history.of("refusal")).toContainEqual(
      expect.objectContaining({ operation: "accept", reason: "conflict", key: "delivery-1" }),
    );
  });

  it("that comes with another payload gets the old offset under GW5", async () => {
    const webhooks = [webhook(1), webhook(2), webhook(1, { cents: 1 })];
    const history = await finished(soloPipeline({ webhooks, defects: ["GW5"] }));
    expect(history.answers("delivery-1")[1]).toMatchObject({ phase: "ok", value: { offset: 0 } });
  });

  it.each([
    ["malformed-order", webhook(1, { cents: -1 })],
    ["malformed-order", webhook(1, { cents: 0.5 })],
    ["malformed-order", webhook(1, { currency: "dollars" })],
    ["malformed-order", webhook(1, { orderId: "" })],
    ["unknown-schema", webhook(1, { schemaId: "order.v0" })],
    ["wrong-policy-hash", webhook(1, { policyHash: "00" })],
    ["oversized", webhook(1, { note: "x".repeat(5_000) })],
  ])("that is no acceptable order is refused as %s, and leaves nothing behind", async (reason, body) => {
    const history = await finished(soloPipeline({ webhooks: [body] }));
    expect(history.answers("delivery-1")).toEqual([{ phase: "fail", value: { reason } }]);
    expect(history.writes("record/")).toEqual([]);
    expect(history.writes("key/")).toEqual([]);
  });

  it.each([[null], ["not JSON"], [[1, 2]], [{}]])("may be anything at all: %j is refused", async (body) => {
    const history = await finished(soloPipeline({ webhooks: [body] }));
    const told = history.of("client").filter(({ operation }) => operation === "accept");
    expect(told.map(({ phase }) => phase)).toEqual(["call", "fail"]);
  });

  /** Just after each thing that happened on the way to acceptance: times to crash at. */
  async function momentsOfAcceptance(): Promise<number[]> {
    const history = await finished(soloPipeline({ webhooks: [webhook(1)] }));
    const { events } = history.world.history;
    const accepts = (event: HistoryEvent): event is EventOf<"client"> =>
      event.kind === "client" && event.operation === "accept";
    const from = events.findIndex(accepts);
    const to = events.findIndex((event) => accepts(event) && event.phase === "ok");
    return [...new Set(events.slice(from, to).map(({ at }) => at + 1))];
  }

  it("is accepted once wherever its gateway falls silent", async () => {
    let takenOver = 0;
    for (const at of await momentsOfAcceptance()) {
      const history = await finished(
        soloPipeline({ webhooks: [webhook(1)], faults: [crash("gateway", at)] }),
      );
      expect(history.answers("delivery-1").at(-1)).toMatchObject({ phase: "ok", value: { offset: 0 } });
      expect(history.writes("record/")).toHaveLength(1);
      if (history.reached(GOALS.takenOver)) takenOver += 1;
    }
    expect(takenOver).toBeGreaterThan(0);
  });

  it("is appended a second time by whoever takes over under GW2", async () => {
    let twice = 0;
    for (const at of await momentsOfAcceptance()) {
      const faults = [crash("gateway", at)];
      const history = await finished(soloPipeline({ webhooks: [webhook(1)], faults, defects: ["GW2"] }));
      if (history.writes("record/").length > 1) twice += 1;
    }
    expect(twice).toBeGreaterThan(0);
  });

  it("is delivered until there is an answer, across the shop's own crash", async () => {
    const faults: Fault[] = [
      { id: "g", kind: "crash", target: "gateway", at: SECOND, for: 15 * SECOND },
      crash("shop", 5 * SECOND),
    ];
    const history = await finished(soloPipeline({ webhooks: [webhook(1)], faults }));
    expect(history.answers("delivery-1").at(-1)).toMatchObject({ phase: "ok" });
    const requests = history.of("client").filter(({ phase }) => phase === "call");
    expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(requests.length);
  });
});
