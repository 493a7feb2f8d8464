import { describe, expect, it } from "vitest";
import {
  CONSUMER,
  type ConsumerStep,
  withConsumer,
} from "../../../../src/model/pipeline/live/consumer-history.js";
import type { HistoryEvent } from "../../../../src/sim/history.js";
import { SECOND } from "../../../../src/sim/time.js";

const VISIBILITY = 8 * SECOND;

const step = (at: number, host: string, name: string, { to, ...detail }: ConsumerStep): HistoryEvent => ({
  ...{ id: -1, at: at * SECOND, host, cause: -1 },
  ...{ kind: "state", entity: CONSUMER, name, from: "", to, detail },
});
const record = (at: number, offset: number): HistoryEvent => ({
  ...{ id: -1, at: at * SECOND, host: "nats-aws", cause: -1, kind: "durable" },
  ...{ store: "orders@nats-aws", txn: offset + 1, writes: [{ key: `record/${offset}`, value: {} }] },
});
const delivered = (at: number, count: number, worker = "w1", offset = 0): HistoryEvent => {
  const deliveryId = `g/${offset}/${count}`;
  return step(at, worker, `g/${offset}`, { to: "delivered", deliveryId, count, domain: "aws", worker });
};
const said = (
  at: number,
  to: "ack asked" | "ack taken" | "nack taken" | "term taken",
  count = 1,
  offset = 0,
) => step(at, "w1", `g/${offset}`, { to, deliveryId: `g/${offset}/${count}` });
const floor = (at: number, floor: number) => step(at, "nats-aws", "g", { to: "read back", floor });

/** What was committed, as `second: writes`. */
function committed(...events: HistoryEvent[]): string[] {
  const history = withConsumer(
    [...events].sort((a, b) => a.at - b.at),
    VISIBILITY,
  );
  expect(history.map(({ id }) => id)).toEqual(history.map((_, i) => i));
  return history.flatMap((event) => {
    if (event.kind !== "durable") return [];
    const writes = event.writes.map(({ key, value }) => (value === null ? `-${key}` : key));
    return [`${event.at / SECOND}: ${writes.join(" ")}`];
  });
}

describe("what a consumer did, from what its workers saw", () => {
  it("is a delivery, and an ack from when it was asked for, with the cursor", () => {
    expect(committed(record(1, 0), delivered(2, 1), said(3, "ack asked"), said(4, "ack taken"))).toEqual([
      "1: record/0",
      "2: delivery/g/0",
      "3: -delivery/g/0 ack/g/0 cursor/g",
    ]);
  });

  it("moves the cursor over what is acked without a gap, and no further", () => {
    const second = [delivered(2, 1, "w1", 1), said(3, "ack asked", 1, 1), said(3, "ack taken", 1, 1)];
    const first = [delivered(2, 1), said(5, "ack asked"), said(5, "ack taken")];
    const story = withConsumer([record(1, 0), record(1, 1), ...second, ...first], VISIBILITY);
    const cursors = story.flatMap((event) =>
      event.kind === "durable" ? event.writes.filter(({ key }) => key === "cursor/g") : [],
    );
    expect(cursors).toEqual([{ key: "cursor/g", value: 2 }]);
  });

  it("ends a delivery when the next one is made", () => {
    expect(committed(record(1, 0), delivered(2, 1), delivered(11, 2, "w2"))).toEqual([
      "1: record/0",
      "2: delivery/g/0",
      "11: -delivery/g/0",
      "11: delivery/g/0",
    ]);
  });

  it("ends none when the same delivery is made twice: two workers have it", () => {
    expect(committed(record(1, 0), delivered(2, 1), delivered(2.001, 1, "w2"))).toEqual([
      "1: record/0",
      "2: delivery/g/0",
      "2.001: delivery/g/0",
    ]);
  });

  it("puts a delivery that nobody received as late as the time-out allows, and after the record", () => {
    expect(committed(record(1, 0), delivered(12, 2))).toEqual([
      "1: record/0",
      "4: delivery/g/0",
      "12: -delivery/g/0",
      "12: delivery/g/0",
    ]);
    expect(committed(record(1, 0), delivered(3, 2))[1]).toBe("1: delivery/g/0");
  });

  it("puts a delivery that was received after the next one before it", () => {
    const made = committed(record(1, 0), delivered(10, 2, "w2"), delivered(10.5, 1, "w1"));
    expect(made).toEqual(["1: record/0", "2: delivery/g/0", "10: -delivery/g/0", "10: delivery/g/0"]);
  });

  it("counts an ack that was not answered when nothing came back and the consumer was done with it", () => {
    const asked = [record(1, 0), delivered(2, 1), said(3, "ack asked")];
    expect(committed(...asked, floor(20, 1)).at(-1)).toBe("3: -delivery/g/0 ack/g/0 cursor/g");
    expect(committed(...asked, floor(20, 0)).at(-1)).toBe("2: delivery/g/0");
    expect(committed(...asked, delivered(11, 2), floor(20, 1)).at(-1)).toBe("11: delivery/g/0");
  });

  it("buries what was given up, and what the engine told of, once", () => {
    const buried = step(6, "nats-aws", "g/0", { to: "buried", count: 1 });
    expect(committed(record(1, 0), delivered(2, 1), said(3, "term taken"), buried)).toEqual([
      "1: record/0",
      "2: delivery/g/0",
      "3: -delivery/g/0 dead/g/0",
    ]);
    expect(committed(record(1, 0), delivered(2, 5), said(3, "nack taken", 5), buried).at(-1)).toBe(
      "6: -delivery/g/0 dead/g/0",
    );
  });

  it("has a group that was there when it first delivered, whatever a restarted server says", () => {
    const created = step(9, "nats-aws", "g", { to: "created", placement: ["aws"], semantics: "s" });
    expect(committed(record(1, 0), delivered(2, 1), created)).toEqual([
      "1: record/0",
      "2: group/g",
      "2: delivery/g/0",
    ]);
  });

  it("has the deliveries that nobody received before what was buried", () => {
    const buried = step(20, "nats-aws", "g/0", { to: "buried", count: 2 });
    expect(committed(record(1, 0), delivered(2, 1), buried)).toEqual([
      "1: record/0",
      "2: delivery/g/0",
      "12: -delivery/g/0",
      "12: delivery/g/0",
      "20: -delivery/g/0 dead/g/0",
    ]);
  });

  it("is one order with the records, counted from one", () => {
    const history = withConsumer([record(1, 0), delivered(2, 1), record(3, 1)], VISIBILITY);
    const txns = history.flatMap((event) =>
      event.kind === "durable" ? [`${event.store} ${event.txn}`] : [],
    );
    expect(txns).toEqual(["orders@jetstream 1", "orders@jetstream 2", "orders@jetstream 3"]);
  });
});
