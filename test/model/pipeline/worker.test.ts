import { describe, expect, it } from "vitest";
import { GOALS } from "../../../src/model/pipeline/goals.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { HistoryEvent } from "../../../src/sim/history.js";
import { SECOND } from "../../../src/sim/time.js";
import { finished, type History, soloPipeline, webhook } from "./solo-pipeline.js";

const payments = (
  kind: "external-hang" | "external-errors" | "external-lost-reply",
  seconds: number,
): Fault => ({
  id: kind,
  kind,
  target: "external/payments",
  ratio: 1,
  at: SECOND,
  for: seconds * SECOND,
});

const acked = (history: History) => history.writes("ack/").map(({ key }) => key);

const captured = (event: HistoryEvent) =>
  event.kind === "external" && event.phase === "applied" && event.service === "payments";

describe("a record", () => {
  it("is charged once, its effect recorded, then acked, in this order", async () => {
    const history = await finished(soloPipeline({ webhooks: [webhook(1)] }));
    expect(history.captures()).toEqual(["order-1:charge"]);
    const steps = history.world.history.events.flatMap((event) => {
      if (event.kind === "deliver" || event.kind === "ack") return [event.kind];
      if (captured(event)) return ["captured"];
      if (event.kind !== "durable") return [];
      return event.writes.flatMap(({ key, value }) => {
        if (key.startsWith("ack/")) return ["acked"];
        return key === "key/effect:order-1" ? [(value as { state: string }).state] : [];
      });
    });
    expect(steps).toEqual(["deliver", "in-progress", "captured", "completed", "ack", "acked"]);
  });

  it("is acked before its effect under the planted defect", async () => {
    const history = await finished(soloPipeline({ webhooks: [webhook(1)], defects: ["ack-before-effect"] }));
    const first = history.world.history.events.find((event) => event.kind === "ack" || captured(event));
    expect(first?.kind).toBe("ack");
  });

  it("of an order that was charged before is acked without another charge", async () => {
    const webhooks = [webhook(1), webhook(2, { orderId: "order-1" })];
    const history = await finished(soloPipeline({ webhooks }));
    expect(history.captures()).toEqual(["order-1:charge"]);
    expect(acked(history)).toHaveLength(2);
    expect(history.reached(GOALS.effectFoundDone)).toBe(true);
  });

  it("is given back while the payment service fails, and done when it is well again", async () => {
    const history = await finished(
      soloPipeline({ webhooks: [webhook(1)], faults: [payments("external-errors", 3)] }),
    );
    expect(history.of("nack").length).toBeGreaterThan(0);
    expect(history.reached(GOALS.redelivery)).toBe(true);
    expect(acked(history)).toHaveLength(1);
  });

  it("is charged once though the first reply was lost", async () => {
    const history = await finished(
      soloPipeline({ webhooks: [webhook(1)], faults: [payments("external-lost-reply", 3)] }),
    );
    expect(history.captures()).toEqual(["order-1:charge"]);
    expect(acked(history)).toHaveLength(1);
    expect(history.reached(GOALS.paymentRetried)).toBe(true);
  });

  it("is charged twice after a lost reply under GW3", async () => {
    const history = await finished(
      soloPipeline({
        webhooks: [webhook(1)],
        faults: [payments("external-lost-reply", 3)],
        defects: ["GW3"],
      }),
    );
    expect(history.captures()).toHaveLength(2);
  });

  it("is done once wherever its worker falls silent", async () => {
    let redelivered = 0;
    for (let point = 0; point < 60; point++) {
      const at = 2 * SECOND + 50_000 + point * 5_000;
      const faults: Fault[] = [{ id: "w", kind: "domain-loss", target: "provider/gcp", at, for: 2 * SECOND }];
      const crash: Fault = { id: "c", kind: "crash", target: "worker-aws", at, for: 2 * SECOND };
      const history = await finished(
        soloPipeline({ webhooks: [webhook(1), webhook(2)], faults: [...faults, crash] }),
      );
      expect(history.captures().sort()).toEqual(["order-1:charge", "order-2:charge"]);
      expect(acked(history)).toHaveLength(2);
      if (history.reached(GOALS.redelivery)) redelivered += 1;
    }
    expect(redelivered).toBeGreaterThan(0);
  });

  it("that nobody can process becomes a dead letter, and an operator's redrive gives it another round", async () => {
    const history = await finished(
      soloPipeline({
        webhooks: [webhook(1, { currency: "XXX" }), webhook(2)],
        script: async (resources, host) => {
          await host.sleep(20 * SECOND);
          await resources.orders({ type: "redrive", group: "checkout-workers" });
        },
      }),
    );
    expect(history.writes("dead/").map(({ value }) => value)).toEqual([{ count: 3 }, null, { count: 6 }]);
    expect(acked(history)).toEqual(["ack/checkout-workers/1"]);
  });

  it("whose payment is declined is done: the decline is the effect", async () => {
    const history = await finished(soloPipeline({ webhooks: [webhook(1, { currency: "XTS" })] }));
    expect(acked(history)).toHaveLength(1);
    expect(history.writes("key/effect:").at(-1)?.value).toMatchObject({ value: { status: "declined" } });
  });

  it("stays with a slow worker that sends heartbeats", async () => {
    const slow: Fault = {
      id: "s",
      kind: "external-slow",
      target: "external/payments",
      factor: 100,
      at: SECOND,
      for: 40 * SECOND,
    };
    const knobs = { paymentTimeout: 30 * SECOND, reservation: 30 * SECOND, visibility: 2 * SECOND };
    const history = await finished(soloPipeline({ webhooks: [webhook(1)], faults: [slow], knobs }));
    expect(history.reached(GOALS.heartbeat)).toBe(true);
    expect(history.of("deliver")).toHaveLength(1);
  });

  it("goes only where the placement allows, and who asks from elsewhere is told so", async () => {
    const webhooks = Array.from({ length: 8 }, (_, i) => webhook(i + 1));
    const history = await finished(soloPipeline({ webhooks, placement: ["aws"] }));
    expect(acked(history)).toHaveLength(8);
    expect(new Set(history.of("deliver").map(({ domain }) => domain))).toEqual(new Set(["aws/central"]));
    expect(history.of("refusal")).toContainEqual(
      expect.objectContaining({ host: "worker-gcp", operation: "poll", reason: "placement-denied" }),
    );
  });
});
